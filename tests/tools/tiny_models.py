"""Models with random weights and a few thousand parameters, saved as real ones are, to run the real loading code."""

import string
from pathlib import Path

LETTERS = string.ascii_lowercase + string.digits
SIDE = 64
"""Pixels; the models' input."""


def tokenizer():
    """CLIP's, with single letters for words."""
    from transformers import CLIPTokenizer

    names = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={name: number for number, name in enumerate(names)}, merges=[], model_max_length=16)


def text_sizes():
    """Arguments of a CLIP-like text model for ``tokenizer``."""
    ends = {"bos_token_id": 72, "eos_token_id": 73, "pad_token_id": 73}
    return _transformer() | {"vocab_size": 74, "max_position_embeddings": 16} | ends


def _transformer():
    return {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}


def save_detector(folder: Path) -> str:
    """An OWL-ViT."""
    import torch
    from transformers import OwlViTConfig, OwlViTForObjectDetection, OwlViTImageProcessor, OwlViTProcessor

    torch.manual_seed(0)
    vision = _transformer() | {"image_size": SIDE, "patch_size": 16}
    OwlViTForObjectDetection(
        OwlViTConfig(text_config=text_sizes(), vision_config=vision, projection_dim=16)
    ).save_pretrained(folder)
    images = OwlViTImageProcessor(size={"height": SIDE, "width": SIDE}, do_center_crop=False)
    OwlViTProcessor(images, tokenizer()).save_pretrained(folder)
    return str(folder)


def save_segmenter(folder: Path) -> str:
    """A SAM that is sure of its masks, whatever they are."""
    import torch
    from transformers import (
        SamConfig,
        SamImageProcessor,
        SamMaskDecoderConfig,
        SamModel,
        SamProcessor,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    torch.manual_seed(0)
    vision = SamVisionConfig(
        hidden_size=16, output_channels=8, num_hidden_layers=1, num_attention_heads=2, image_size=SIDE, patch_size=8,
        window_size=4, global_attn_indexes=[0], mlp_dim=16, num_pos_feats=4,
    )  # fmt: skip
    prompt = SamPromptEncoderConfig(hidden_size=8, image_size=SIDE, patch_size=8, mask_input_channels=4)
    masks = SamMaskDecoderConfig(
        hidden_size=8, mlp_dim=16, num_hidden_layers=1, num_attention_heads=2, iou_head_hidden_dim=8
    )
    model = SamModel(SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=masks))
    with torch.no_grad():
        # A mask's logit is then the sum of its rectified features, of which most are above zero.
        for perceptron in model.mask_decoder.output_hypernetworks_mlps:
            perceptron.proj_out.weight.zero_()
            perceptron.proj_out.bias.fill_(5.0)
        model.mask_decoder.upscale_conv2.weight.normal_()
        model.mask_decoder.iou_prediction_head.proj_out.bias.fill_(2.0)
    model.save_pretrained(folder)
    pad = {"height": SIDE, "width": SIDE}
    SamProcessor(SamImageProcessor(size={"longest_edge": SIDE}, pad_size=pad)).save_pretrained(folder)
    return str(folder)


def save_painter(folder: Path, *, instructed: bool) -> str:
    """A Stable Diffusion, or an InstructPix2Pix, which also sees a picture's four latent channels."""
    import diffusers
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    vae = diffusers.AutoencoderKL(
        block_out_channels=[8, 8], down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2, latent_channels=4, norm_num_groups=4,
    )  # fmt: skip
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(8, 8), layers_per_block=1, sample_size=8, in_channels=8 if instructed else 4,
        out_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=16, attention_head_dim=2,
        norm_num_groups=4,
    )  # fmt: skip
    kind = "StableDiffusionInstructPix2PixPipeline" if instructed else "StableDiffusionPipeline"
    getattr(diffusers, kind)(
        vae=vae, unet=unet, text_encoder=CLIPTextModel(CLIPTextConfig(**text_sizes())), tokenizer=tokenizer(),
        scheduler=diffusers.PNDMScheduler(skip_prk_steps=True), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip
    return str(folder)
