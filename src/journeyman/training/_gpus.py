"""GPUs that plans are made for: memory as the driver shows it, and dense bf16 peak from the maker's data sheets."""

from collections.abc import Mapping
from dataclasses import dataclass

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of GPU."""

    name: str
    memory: int
    """Bytes that nvidia-smi shows as total."""
    peak: float
    """Dense bf16 tensor-core operations a second, without sparsity, accumulated in fp32."""
    source: str


def _gpu(name: str, mebibytes: int, tera: float, source: str) -> Gpu:
    return Gpu(name, mebibytes << 20, tera * 1e12, source)


GPUS: Mapping[str, Gpu] = {
    gpu.name: gpu
    for gpu in (
        _gpu("A100-40GB", 40960, 312, "NVIDIA A100 Tensor Core GPU data sheet"),
        _gpu("A100-80GB", 81920, 312, "NVIDIA A100 Tensor Core GPU data sheet"),
        _gpu("H100-80GB", 81559, 989.4, "NVIDIA H100 Tensor Core GPU data sheet, SXM5; half of the sparse figure"),
        _gpu("H200-141GB", 143771, 989.4, "NVIDIA H200 Tensor Core GPU data sheet, SXM; half of the sparse figure"),
        _gpu("B200-180GB", 183359, 2250, "NVIDIA HGX B200 data sheet; half of the sparse figure"),
        _gpu("L40S-48GB", 46068, 362, "NVIDIA L40S data sheet; half of the sparse figure"),
        _gpu("RTX4090-24GB", 24564, 165.2, "NVIDIA Ada GPU architecture white paper, appendix A"),
    )
}
