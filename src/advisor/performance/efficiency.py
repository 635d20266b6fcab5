"""What share of the floor an engine reaches: measured, calibrated, or a prior (facts: sizing, 3.3 and 3.7)."""

from dataclasses import dataclass
from math import exp

from advisor.catalog.records.hardware import Accelerator
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.stepcurve import StepCurve

EIGHTY_PERCENT = 1.2816
"""Standard deviations on either side that hold 80 % of a normal distribution: the bounds we print."""


def spread_of(sigma: float) -> float:
    """Factor between an expected value and either of its 80 % bounds; sigma is of the logarithm."""
    return exp(EIGHTY_PERCENT * sigma)


@dataclass(frozen=True, slots=True)
class Efficiency:
    """A share of the floor with its doubt as a standard deviation of its logarithm.

    sigma_shared is what all candidates on one engine version share: it cancels when two are compared.
    prompt_ratio is input tokens per output token of the runs behind it: prefill up to that ratio is
    already inside a decode efficiency fitted on end-to-end throughput. communication_inside says whether
    all-reduce time is inside (False: add it). curve replaces floor and share where a sweep was measured;
    value is then the mean share that the sweep reached.
    """

    value: float
    sigma_shared: float
    sigma_own: float
    provenance: Provenance
    prompt_ratio: float = 0.0
    communication_inside: bool = True
    curve: StepCurve | None = None

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm of a time or throughput that rests on this efficiency."""
        return float((self.sigma_shared**2 + self.sigma_own**2) ** 0.5)

    @property
    def spread(self) -> float:
        """Factor between what is expected and either 80 % bound of a time or throughput that rests on this."""
        return spread_of(self.sigma)

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.value, "of roofline", self.provenance, self.value / self.spread, self.value * self.spread)


def decode_prior(accelerator: Accelerator) -> Efficiency:
    """The prior where no figure of this engine and accelerator exists.

    NVIDIA 0.35 [0.2-0.6]; Neuron with a mixture of experts 0.03 [0.02-0.09]. The NVIDIA prior comes from
    NVSwitch machines, so a PCIe machine pays its all-reduces on top.
    """
    if accelerator.kind == "neuron":
        origin = Provenance(Level.MODELLED, "prior efficiency of mixture-of-experts decode on Neuron, 0.02 to 0.09")
        return Efficiency(0.03, 0.6, 0.53, origin, prompt_ratio=6.0)
    origin = Provenance(Level.MODELLED, "prior efficiency of decode on NVIDIA GPUs, 0.2 to 0.6")
    return Efficiency(0.35, 0.4, 0.3, origin, prompt_ratio=1.0, communication_inside=accelerator.interconnect != "pcie")


PREFILL_PRIOR = Efficiency(
    0.4,
    0.3,
    0.3,
    Provenance(Level.MODELLED, "prior compute efficiency of prefill, 0.2 to 0.6: nobody has published one"),
)
