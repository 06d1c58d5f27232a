from .gone import thing
