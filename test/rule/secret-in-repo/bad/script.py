token = "hf_qWertYuiOpAsdFghJklZxcVbnMqWeRtYuIo"
