"""Photos and voice notes."""
from fastapi import APIRouter, UploadFile

from models.message import Answer
from models.multimodal import Photo, VoiceNote
from services import llm

router = APIRouter(prefix="/media")


@router.post("/photo")
async def photo(file: UploadFile, question: str = "What is on this picture?") -> Answer:
    picture = Photo.from_bytes(file.filename, await file.read())
    return Answer(text=await llm.complete(question, [], images=[picture.base64]))


@router.post("/voice")
async def voice(file: UploadFile) -> Answer:
    note = VoiceNote.from_bytes(file.filename, await file.read())
    return Answer(text=f"{note.seconds:.0f} seconds, not transcribed yet")
