from pydantic import BaseModel


class Question(BaseModel):
    text: str
    user: str = "family"


class Answer(BaseModel):
    text: str
    cached: bool = False
