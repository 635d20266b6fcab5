"""advisor sizes Llama 4 deployments on AWS accelerator instances, with evidence for every number."""

__version__ = "0.1.0"
