this file is in no image (
