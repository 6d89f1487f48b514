"""The floor: a FastAPI route that validates the same body and returns a constant."""

import sys

import uvicorn
from fastapi import FastAPI

from serving.predictions.schemas import PredictionRequest

app = FastAPI()


@app.post("/v1/predictions")
async def constant(request: PredictionRequest) -> dict[str, str]:
    return {"model_version": "constant"}


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning",
        access_log=False,
    )  # fmt: skip
