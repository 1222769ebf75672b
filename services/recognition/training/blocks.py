"""Pieces that both networks are made of."""

from torch import Tensor, nn


def convolution(
    inputs: int, outputs: int, size: int | tuple[int, int] = 3, stride: int | tuple[int, int] = 1
) -> nn.Module:
    """Convolution, batch normalisation, rectifier; keeps the size at stride 1."""
    height, width = size if isinstance(size, tuple) else (size, size)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, (height, width), stride, (height // 2, width // 2), bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3 x 3 convolutions around which the input goes straight on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        self.rectifier = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        return self.rectifier(features + self.second(self.first(features)))


class Separable(nn.Module):
    """A 3 x 3 convolution per channel, then one of 1 x 1 across them; the input goes straight on where it fits."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.rectifier = nn.ReLU(inplace=True)
        self.is_residual = inputs == outputs and stride == 1

    def forward(self, features: Tensor) -> Tensor:
        answer = self.body(features)
        return self.rectifier(features + answer if self.is_residual else answer)


class Mixer(nn.Module):
    """Context along one line of columns: a wide convolution per channel, then two of 1 x 1, around which the input goes on."""

    def __init__(self, channels: int, width: int = 9, expansion: int = 2) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, (1, width), 1, (0, width // 2), groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            convolution(channels, channels * expansion, 1),
            nn.Conv2d(channels * expansion, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.rectifier = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        return self.rectifier(features + self.body(features))


def centred(pixels: Tensor) -> Tensor:
    """Pictures as they come (uint8, N x height x width x 3) as networks want them: N x 3 x height x width, -0.5 to 0.5."""
    return pixels.permute(0, 3, 1, 2).float() / 255 - 0.5
