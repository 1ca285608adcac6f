"""The backbone of PP-OCRv6's text detector as a vision encoder: an ONNX file's weights in transformers' PP-LCNetV4.

Importing this module makes ``AutoConfig`` and ``AutoModel`` know the encoder, so that a LLaVA model with it loads.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.models.pp_lcnet_v4.configuration_pp_lcnet_v4 import PPLCNetV4Config
from transformers.models.pp_lcnet_v4.modeling_pp_lcnet_v4 import PPLCNetV4Backbone

from journeyman.errors import ConfigError

SMALL_DETECTOR: dict[str, Any] = {
    "stem_channels": [3, 24, 48],
    "block_configs": [
        [[3, 48, 48, 1, True], [3, 48, 48, 1, False]],
        [[3, 48, 96, 2, False], [3, 96, 96, 1, True], [3, 96, 96, 1, False]],
        [
            [3, 96, 192, 2, False],
            [3, 192, 192, 1, True],
            [3, 192, 192, 1, False],
            [3, 192, 192, 1, True],
            [3, 192, 192, 1, False],
        ],
        [[3, 192, 384, 2, False], [3, 384, 384, 1, True], [3, 384, 384, 1, False]],
    ],
    "out_features": ["stage4"],
}
"""Backbone of ``PP-OCRv6_det_small``: (kernel, channels in, channels out, stride, squeeze-and-excitation) a block."""
STRIDE = 32
"""Pixels of a picture's side that become one feature."""


class PPOCREncoderConfig(PretrainedConfig):  # type: ignore[misc]  # transformers is untyped
    """Settings of :class:`PPOCREncoder`."""

    model_type = "ppocr_encoder"

    def __init__(self, backbone: dict[str, Any] | None = None, image_size: int = 224, **kwargs: Any) -> None:
        self.backbone = backbone or SMALL_DETECTOR
        self.image_size = image_size
        self.patch_size = STRIDE
        self.hidden_size = int(self.backbone["block_configs"][-1][-1][2])
        super().__init__(**kwargs)


class PPOCREncoder(PreTrainedModel):  # type: ignore[misc]
    """Feature map of the last stage as a sequence, row by row."""

    config_class = PPOCREncoderConfig
    main_input_name = "pixel_values"
    base_model_prefix = "backbone"

    def __init__(self, config: PPOCREncoderConfig) -> None:
        super().__init__(config)
        self.backbone = PPLCNetV4Backbone(PPLCNetV4Config(**config.backbone))
        for module in (self, self.backbone):  # neither has attention, so any implementation of it is right
            module._supports_sdpa = module._supports_flash_attn = True  # noqa: SLF001
        self.post_init()

    def train(self, mode: bool = True) -> Self:
        """As of any module, but batch statistics stay those of the detector's training."""
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, pixel_values: torch.Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """[I, 3, H, W] -> ``hidden_states`` of one entry, [I, H/32 * W/32, channels]."""
        features = self.backbone(pixel_values.to(self.dtype)).feature_maps[-1].flatten(2).transpose(1, 2)
        return BaseModelOutputWithPooling(last_hidden_state=features, hidden_states=(features,))


AutoConfig.register(PPOCREncoderConfig.model_type, PPOCREncoderConfig)
AutoModel.register(PPOCREncoderConfig, PPOCREncoder)


def encoder_from_onnx(path: Path) -> PPOCREncoder:
    """The encoder with the weights of PP-OCRv6's small text detector; takes RGB where the file takes BGR.

    Args:
        path: ``PP-OCRv6_det_small.onnx``, as the package rapidocr ships it.

    Raises:
        ConfigError: The file holds another network.
    """
    encoder = PPOCREncoder(PPOCREncoderConfig())
    modules = list(encoder.modules())
    convolutions = [i for i, module in enumerate(modules) if isinstance(module, nn.Conv2d)]
    stored = _convolutions(path)
    with torch.no_grad():
        for number, (index, (weight, bias)) in enumerate(zip(convolutions, stored, strict=False)):
            convolution = modules[index]
            if weight.shape != tuple(convolution.weight.shape):
                raise ConfigError(
                    f"{path.name} is not PP-OCRv6_det_small: convolution {number} is {weight.shape}, "
                    f"not {tuple(convolution.weight.shape)}; install rapidocr==3.10.0"
                )
            convolution.weight.copy_(torch.from_numpy(weight[:, ::-1].copy() if number == 0 else weight))
            if convolution.bias is None:
                # The export folded each normalization into its convolution; what is left of it is the bias.
                normalization = modules[index + 1]
                normalization.bias.copy_(torch.from_numpy(bias))
                normalization.weight.fill_(1)
                normalization.running_mean.zero_()
                normalization.running_var.fill_(1 - normalization.eps)
            else:
                convolution.bias.copy_(torch.from_numpy(bias))
    encoder.eval()
    return encoder


def _convolutions(path: Path) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """(weight, bias) of each convolution of an ONNX graph that is followed by the addition of a bias, in order."""
    import onnx  # type: ignore[import-not-found]  # optional: read once, when the weights are converted
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {array.name: array for array in graph.initializer}
    added = {node.input[0]: node.input[1] for node in graph.node if node.op_type == "Add" and node.input[1] in arrays}
    for node in graph.node:
        if node.op_type == "Conv" and node.output[0] in added:
            weight, bias = (numpy_helper.to_array(arrays[n]) for n in (node.input[1], added[node.output[0]]))
            yield weight.copy(), bias.reshape(-1).copy()
