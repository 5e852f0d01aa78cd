"""The sample site with faults."""

from collections.abc import Iterable, Mapping

from caravan_crawler.sample_site.faults.base import Visit
from caravan_crawler.sample_site.faults.catalogue import make_fault
from caravan_crawler.sample_site.response import SampleResponse
from caravan_crawler.sample_site.single_newsroom import OldAddresses
from caravan_crawler.sample_site.site import SampleSite


class FaultySite(SampleSite):
    """A sample site whose answers go through each of ``faults`` in turn, written as ``NAME[:VALUE…]``."""

    def __init__(
        self,
        articles: int = 300,
        markup_seed: int | None = None,
        faults: Iterable[str] = (),
        *,
        scripted: bool = False,
        generation: int | None = None,
        seed: int = 0,
        old_addresses: OldAddresses = "mixed",
    ) -> None:
        """Raise ValueError for a fault that is unknown or given a bad value, and as ``SampleSite`` does."""
        super().__init__(
            articles,
            markup_seed,
            scripted=scripted,
            generation=generation,
            seed=seed,
            old_addresses=old_addresses,
        )
        self._faults = [make_fault(fault) for fault in faults]

    @property
    def early_requests(self) -> int:
        """Requests that came although the client had been told to wait."""
        return sum(fault.early_requests for fault in self._faults)

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        """Answer as the sound site does, then let the faults at the answer."""
        response = super().respond(target, base_url, headers)
        visit = Visit(self, target, self.number_of(target), base_url)
        for fault in self._faults:
            response = fault.answer(visit, response)
        return response

    def spoils(self, number: int) -> bool:
        """Whether some fault prevents an exact record of article ``number`` (its place in ``gold``)."""
        return any(fault.spoils(self, number) for fault in self._faults)
