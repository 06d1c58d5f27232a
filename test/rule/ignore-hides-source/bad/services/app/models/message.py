Message = 1
