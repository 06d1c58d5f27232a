import torch, torchaudio
