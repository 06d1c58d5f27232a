import unittest


class BoardTest(unittest.TestCase):
    def setUp(self):
        self.board = {"id": "1", "token": "64c1b0f2a97d3e85c1f04b7a9d26e83f5a70c9b41d"}
