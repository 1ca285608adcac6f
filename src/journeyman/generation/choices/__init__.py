"""Instructions for choosing among APIs, as MLLM-Tool makes them: written, given files, matched."""
