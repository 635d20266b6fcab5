"""The fingerprint of a live endpoint: ask it, and find the stacks that can report what it reports."""

from typing import TYPE_CHECKING

from advisor.catalog.load import Catalog
from advisor.fit.proof.declared import Declaration, Identified, check_declaration, identify_observed

if TYPE_CHECKING:
    from advisor.bench.target import Secret


def identify_endpoint(
    catalog: Catalog, endpoint: str, key: "Secret | None", declaration: Declaration, served_model: str | None = None
) -> Identified:
    """Ask the endpoint and compare; served_model names one of several that it serves. Blocking.

    InputError and UnknownIdError for a declaration that names what is not there, before the network is touched;
    EndpointError for an endpoint that cannot be used.
    """
    from advisor.workflows.check_fit_against_server import observe  # loads httpx

    check_declaration(catalog, declaration)
    return identify_observed(catalog, observe(endpoint, key, model=served_model), declaration)
