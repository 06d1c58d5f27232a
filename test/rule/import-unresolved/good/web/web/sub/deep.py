from .. import views
a = b = 1
