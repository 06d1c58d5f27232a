"""import not_this
from nor import this
"""
import os, sys
import a.b as c, d
from . import sibling
from ..up.there import (
    one as uno,  # import nothing
    two,
)
from m import *
from very.long.name import \
    thing
import semi; import colon
text = f"import {os}" + 'from x import y' + r"\d" + "it's"  # import no
try:
    import fast as json
except ImportError:
    import json
if TYPE_CHECKING:
    from types_only import T
with contextlib.suppress(ImportError):
    import suppressed
def late(a: int = {"x": 1}["x"]) -> None:
    if a: import twice_in
    import lazy
async def handler():
    from lazy.two import x
class Plain:
    import in_class
    def method(self):
        import in_method
import after_all
sys.path.insert(0, "lib")
if __name__ == "__main__":
    import uvicorn
    uvicorn.run("app:app", host="0.0.0.0", port=8000)
    app.run(host=HOST, port=int(os.environ.get("APP_PORT", "5000")), debug=True)
    app.run(port=settings.port)
    subprocess.run(["import", "x"])
