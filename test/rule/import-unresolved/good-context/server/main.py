from memory.store import Store

Store()
