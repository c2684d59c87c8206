"""Read what a scrape answers."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, tuple[tuple[str, str], ...]]

DURATION = "http_server_request_duration_seconds"


class Scrape:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: dict[Series, float] = {}
        self.rising: set[Series] = set()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                series = (sample.name, tuple(sorted(sample.labels.items())))
                assert series not in self.samples
                self.samples[series] = sample.value
                if family.type in {"counter", "histogram", "summary"}:
                    self.rising.add(series)

    def value(self, name: str, **labels: str) -> float | None:
        """The value of one series; None if it does not exist."""
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def of(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Labels and values of the series of a name."""
        return [
            (dict(labels), value) for (one, labels), value in self.samples.items() if one == name
        ]

    def requests(self) -> dict[tuple[str, str, str], float]:
        """Numbers of requests by method, route and status."""
        return {
            (
                labels["http_request_method"],
                labels["http_route"],
                labels["http_response_status_code"],
            ): value
            for labels, value in self.of(f"{DURATION}_count")
        }

    def check_histograms(self) -> None:
        """Assert that buckets rise, and that the last one is the count."""
        found: dict[Any, dict[float, float]] = {}
        for (name, labels), value in self.samples.items():
            if name.endswith("_bucket"):
                own = dict(labels)
                bound = float(own.pop("le"))
                found.setdefault((name, tuple(own.items())), {})[bound] = value
        assert found
        for (name, labels), buckets in found.items():
            values = [buckets[bound] for bound in sorted(buckets)]
            assert values == sorted(values)
            count = self.samples[name.removesuffix("_bucket") + "_count", labels]
            assert count == buckets[float("inf")]

    def check_after(self, earlier: Scrape) -> None:
        """Assert that nothing that may only rise has fallen or is gone."""
        for series in earlier.rising:
            assert self.samples.get(series, -1) >= earlier.samples[series], series
