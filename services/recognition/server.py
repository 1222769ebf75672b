"""The RPCs of recognition."""

# ruff: noqa: ARG002 (gRPC fixes the parameters)

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from anpr.recognition.v1 import recognition_pb2 as pb
from anpr.recognition.v1 import recognition_pb2_grpc

from services.common.errors import Refusal
from services.recognition import wire
from services.recognition.recognizer import Recognizer
from services.recognition.streaming import as_done


class RecognitionServicer(recognition_pb2_grpc.RecognitionServiceServicer):
    """Reads plates in pictures."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    async def Recognize(self, request: pb.RecognizeRequest, context: object) -> pb.RecognizeResponse:
        """Reads all plates of one picture."""
        content, country = wire.decode_picture(request)
        return wire.encode_recognition(await self._recognizer.recognise(content, country))

    async def RecognizeStream(
        self, requests: AsyncIterator[pb.RecognizeStreamRequest], context: object
    ) -> AsyncGenerator[pb.RecognizeStreamResponse, None]:
        """Reads a stream of pictures; as many are under way at once as there are workers."""
        async with aclosing(as_done(self._answer, requests, at_once=self._recognizer.workers)) as answers:
            async for answer in answers:
                yield answer

    async def GetModels(self, request: pb.GetModelsRequest, context: object) -> pb.GetModelsResponse:
        """Engine and models in use."""
        return wire.encode_models(self._recognizer.engines(), self._recognizer.warm_workers)

    async def _answer(self, request: pb.RecognizeStreamRequest) -> pb.RecognizeStreamResponse:
        picture_id = wire.decode_picture_id(request)
        try:
            content, country = wire.decode_picture(request.request)
            return wire.encode_streamed(picture_id, await self._recognizer.recognise(content, country))
        except Refusal as refusal:
            return wire.encode_refused(picture_id, refusal)
