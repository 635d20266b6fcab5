"""AWS's public price files on loopback: own construction, invented SKUs, faithful structure (facts: catalog, 3.7)."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from servers.raw import Connection, RawServer, Request, chunk, head, whole

PAGE_HOST = "b0.p.awsstatic.com"
BULK_HOST = "pricing.us-east-1.amazonaws.com"
PUBLISHED = "2026-10-03T07:15:46Z"
VERSION = "20261003071546"
BULK_INDEX = f"/{BULK_HOST}/offers/v1.0/aws/AmazonEC2/current/region_index.json"
BULK_FILE = f"/{BULK_HOST}/offers/v1.0/aws/AmazonEC2/{VERSION}/us-east-1/index.csv"
SAVINGS_INDEX = f"/{BULK_HOST}/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json"
SAVINGS_FILE = f"/{BULK_HOST}/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/{VERSION}/us-east-1/index.json"
ADVISOR = "/spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json"
SPOT = "/website.spot.ec2.aws.a2z.com/spot.json"
BLOCKS = "/aws.amazon.com/ec2/capacityblocks/pricing/"

COLUMNS = [
    "SKU",
    "OfferTermCode",
    "RateCode",
    "TermType",
    "PriceDescription",
    "EffectiveDate",
    "Unit",
    "PricePerUnit",
    "Currency",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "Product Family",
    "Instance Type",
    "vCPU",
    "Tenancy",
    "Operating System",
    "License Model",
    "Pre Installed S/W",
    "CapacityStatus",
    "MarketOption",
    "Region Code",
]

Answer = Callable[[Connection, Request], object]


def page_path(location: str) -> str:
    root = "pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel"
    return f"/{PAGE_HOST}/{root}/{quote(location)}/Linux/index.json"


def page(location: str, prices: Mapping[str, object], published: str | None = PUBLISHED) -> dict[str, Any]:
    """A file of the page feed."""
    offers = {
        f"opaque {number}": {"Instance Type": name, "Memory": "2048 GiB", "price": price}
        for number, (name, price) in enumerate(prices.items())
    }
    manifest = {"manifest": {"publishedAt": published}} if published else {}
    return {**manifest, "regions": {location: offers}}


def bulk_row(sku: str, instance_type: str, price: str, **said: str) -> dict[str, str]:
    """A line of the bulk price list that passes every filter, but for what is said otherwise."""
    plain = {
        "SKU": sku,
        "OfferTermCode": "JRTCKXETXF",
        "RateCode": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "TermType": "OnDemand",
        "Unit": "Hrs",
        "PricePerUnit": price,
        "Currency": "USD",
        "Product Family": "Compute Instance",
        "Instance Type": instance_type,
        "Tenancy": "Shared",
        "Operating System": "Linux",
        "License Model": "No License required",
        "Pre Installed S/W": "NA",
        "CapacityStatus": "Used",
        "MarketOption": "OnDemand",
        "Region Code": "us-east-1",
    }
    return {**plain, **{key.replace("_", " "): value for key, value in said.items()}}


def _reserved(price: str, unit: str, length: str, option: str, offering: str = "standard") -> dict[str, str]:
    terms = {"LeaseContractLength": length, "PurchaseOption": option, "OfferingClass": offering}
    return {**bulk_row("FIXINF2ONDEMAND1", "inf2.48xlarge", price), "TermType": "Reserved", "Unit": unit, **terms}


BULK_ROWS = [
    bulk_row("FIXP5ONDEMAND001", "p5.48xlarge", "55.0400000000"),
    bulk_row("FIXP5CAPBLOCK001", "p5.48xlarge", "0.0000000000", MarketOption="CapacityBlock"),
    bulk_row("FIXP5DEDICATED01", "p5.48xlarge", "60.5440000000", Tenancy="Dedicated"),
    bulk_row("FIXP5UNUSEDRES01", "p5.48xlarge", "55.0400000000", CapacityStatus="UnusedCapacityReservation"),
    bulk_row("FIXP5SQLWEB00001", "p5.48xlarge", "58.3000000000", **{"Pre Installed S/W": "SQL Web"}),
    bulk_row("FIXTRN2CAPBLOCK1", "trn2.48xlarge", "0.0000000000", MarketOption="CapacityBlock"),
    bulk_row("FIXINF2ONDEMAND1", "inf2.48xlarge", "12.9812700000"),
    _reserved("8.1800000000", "Hrs", "1yr", "No Upfront"),
    _reserved("66000", "Quantity", "1yr", "All Upfront"),
    _reserved("0.0000000000", "Hrs", "1yr", "All Upfront"),
    _reserved("7.1000000000", "Hrs", "1yr", "No Upfront", "convertible"),
    bulk_row("FIXP5WINDOWS0001", "p5.48xlarge", "63.8720000000", **{"Operating System": "Windows"}),
    bulk_row("FIXM5ONDEMAND001", "m5.large", "0.0960000000"),
]


def bulk_csv(rows: Iterable[Mapping[str, str]] = BULK_ROWS, columns: Iterable[str] = COLUMNS) -> bytes:
    """A bulk price list: five lines about the file, the header, and every cell in quotes."""
    names = list(columns)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(
        [
            ("FormatVersion", "v1.0"),
            ("Disclaimer", "fixture"),
            ("Publication Date", PUBLISHED),
            ("Version", VERSION),
            ("OfferCode", "AmazonEC2"),
            names,
        ]
    )
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode()


_ATTRIBUTES = {
    "Instance Type": "instanceType",
    "Tenancy": "tenancy",
    "Operating System": "operatingSystem",
    "License Model": "licenseModel",
    "Pre Installed S/W": "preInstalledSw",
    "CapacityStatus": "capacitystatus",
    "MarketOption": "marketoption",
    "Region Code": "regionCode",
}


def bulk_json(rows: Iterable[Mapping[str, str]] = BULK_ROWS) -> bytes:
    """The same price list as JSON: products by SKU, then terms by kind, SKU, offer and rate, dots in their keys."""
    products: dict[str, Any] = {}
    terms: dict[str, Any] = {"OnDemand": {}, "Reserved": {}}
    for row in rows:
        sku = row["SKU"]
        attributes = {name: row[column] for column, name in _ATTRIBUTES.items()}
        products[sku] = {"sku": sku, "productFamily": row["Product Family"], "attributes": attributes}
        conditions = {
            name: row[name] for name in ("LeaseContractLength", "OfferingClass", "PurchaseOption") if name in row
        }
        offer = f"{sku}.{''.join(conditions.values()).replace(' ', '') or 'JRTCKXETXF'}"
        rate = f"{offer}.{'2TG2D8R56U' if row['Unit'] == 'Quantity' else '6YS6EN2CT7'}"
        whole = terms[row["TermType"]].setdefault(sku, {}).setdefault(offer, {"sku": sku, "priceDimensions": {}})
        whole["priceDimensions"][rate] = {
            "unit": row["Unit"],
            "pricePerUnit": {"USD": row["PricePerUnit"]},
            "appliesTo": [],
        }
        whole["termAttributes"] = conditions
    stamp = {"formatVersion": "v1.0", "offerCode": "AmazonEC2", "version": VERSION, "publicationDate": PUBLISHED}
    return json.dumps({**stamp, "products": products, "terms": terms}).encode()


BULK_INDEX_BODY = {
    "regions": {
        "us-east-1": {
            "regionCode": "us-east-1",
            "currentVersionUrl": f"/offers/v1.0/aws/AmazonEC2/{VERSION}/us-east-1/index.json",
        }
    }
}

SAVINGS = {
    "version": VERSION,
    "publicationDate": PUBLISHED,
    "regionCode": "us-east-1",
    "products": [
        {
            "sku": "FIXSP3YNU0000001",
            "productFamily": "EC2InstanceSavingsPlans",
            "serviceCode": "ComputeSavingsPlans",
            "attributes": {"purchaseOption": "No Upfront", "instanceType": "p5en", "purchaseTerm": "3yr"},
        },
        {
            "sku": "FIXCSP1YAU000001",
            "productFamily": "ComputeSavingsPlans",
            "attributes": {"purchaseOption": "All Upfront", "purchaseTerm": "1yr"},
        },
        {"sku": "FIXSAGEMAKER0001", "productFamily": "MachineLearningSavingsPlans", "attributes": {}},
    ],
    "terms": {
        "savingsPlan": [
            {
                "sku": "FIXSP3YNU0000001",
                "leaseContractLength": {"duration": 3, "unit": "year"},
                "rates": [
                    {
                        "discountedUsageType": usage,
                        "discountedOperation": operation,
                        "unit": "Hrs",
                        "discountedRate": {"price": price, "currency": "USD"},
                    }
                    for usage, operation, price in (
                        ("BoxUsage:p5en.48xlarge", "RunInstances", "27.34"),
                        ("BoxUsage:p5en.48xlarge", "RunInstances:0002", "36.17"),
                        ("DedicatedUsage:p5en.48xlarge", "RunInstances", "30.07"),
                        ("UnusedBox:p5en.48xlarge", "RunInstances", "27.34"),
                    )
                ],
            },
            {
                "sku": "FIXCSP1YAU000001",
                "rates": [
                    {
                        "discountedUsageType": "USE1-BoxUsage:p5en.48xlarge",
                        "discountedOperation": "RunInstances",
                        "unit": "Hrs",
                        "discountedRate": {"price": "41.9", "currency": "USD"},
                    }
                ],
            },
        ]
    },
}
SAVINGS_INDEX_BODY = {
    "regions": [
        {
            "regionCode": "us-east-1",
            "versionUrl": f"/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/{VERSION}/us-east-1/index.json",
        }
    ]
}

SPOT_ADVISOR = {
    "global_rate": "<10%",
    "ranges": [
        {"index": 0, "label": "<5%", "dots": 0, "max": 5},
        {"index": 4, "label": ">20%", "dots": 4, "max": 100},
    ],
    "instance_types": {"p5.48xlarge": {"emr": True, "cores": 192, "ram_gb": 2048.0}},
    "spot_advisor": {
        "us-east-1": {"Linux": {"p5.48xlarge": {"s": 52, "r": 4}, "m5.large": {"s": 60, "r": 0}}},
        "ca-central-1": {"Linux": {"p5.48xlarge": {"s": -62, "r": 0}}},
        "eu-west-9": {"Windows": {}},
    },
}


def _size(name: str, usd: str) -> dict[str, Any]:
    columns = [{"name": "linux", "prices": {"USD": usd}}, {"name": "mswin", "prices": {"USD": "99"}}]
    return {"size": name, "valueColumns": columns}


SPOT_PRICES = {
    "vers": 0.01,
    "config": {
        "rate": "perhr",
        "regions": [
            {
                "region": "us-east",
                "instanceTypes": [
                    {"type": "gpu", "sizes": [_size("p5.48xlarge", "19.9146"), _size("p4d.24xlarge", "N/A*")]}
                ],
            }
        ],
    },
}

_OLD_TABLE = {
    "heading": "P5 Pricing",
    "table": {
        "rowDefinitions": [{"id": "row1", "label": "p5.48xlarge"}],
        "items": [{"idProperty": "row1", "2": "<p>US East (N. Virginia)</p>", "3": "<p>$41.528 USD ($5.191 USD)</p>"}],
    },
}
_NEW_TABLE = {
    "itemHeading": "Trn2 Pricing",
    "itemTableRowGroups": json.dumps([{"id": "row1", "label": "trn2.48xlarge"}]),
    "itemTableData": json.dumps(
        [
            {"idProperty": "row1", "2": "<p>US East (Ohio)</p>\r\n", "3": "<p>$35.7608 ($2.2351 USD)<br /></p>"},
            {"idProperty": "row1", "2": "<p>US East (N. Virginia)</p>", "3": "<p>$0 ($0 USD)</p>"},
            {"idProperty": "row1", "2": "<p>Moon (Tranquility)</p>", "3": "<p>$35.7608 ($2.2351 USD)</p>"},
            {"idProperty": "row1", "2": "<p>US West (Oregon)</p>", "3": "<p>$35.7608 ($7.5 USD)</p>"},
        ]
    ),
}
_SYSTEMS = {"itemHeading": "OS pricing across Instance Types", "itemTableRowGroups": "[]", "itemTableData": "[]"}


def capacity_block_page() -> bytes:
    """The page with a table of the old shape, one of the new, one of operating systems, and other scripts."""
    items = [{"fields": {"jsonData": json.dumps(_OLD_TABLE)}}, {"fields": _NEW_TABLE}, {"fields": _SYSTEMS}]
    script = json.dumps({"data": {"items": items}})
    return (
        f'<html><script>let a = 1;</script><script type="application/json">{{"menu": []}}</script>'
        f'<script type="application/json">{script}</script></html>'
    ).encode()


def as_json(value: object) -> Answer:
    return body(json.dumps(value).encode())


def body(data: bytes, **fields: str) -> Answer:
    """The whole body with its length."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda connection, _request: connection.send(whole(data, fields=named))


def zipped(data: bytes, *, keep: float = 1.0) -> Answer:
    """A gzip body in chunks; keep less than 1 cuts the gzip, though the chunks end as they should."""
    packed = gzip.compress(data)
    packed = packed[: int(len(packed) * keep)]
    fields = {"content-type": "application/json", "content-encoding": "gzip", "transfer-encoding": "chunked"}
    return lambda connection, _request: connection.send(head(200, fields), chunk(packed), b"0\r\n\r\n")


def failing(times: int, then: Answer, status: int = 503) -> Answer:
    """Refuses some times, and answers then."""
    left = [times]

    def answer(connection: Connection, request: Request) -> object:
        if left[0]:
            left[0] -= 1
            connection.send(whole(b"busy", status))
            return True
        return then(connection, request)

    return answer


def _missing(connection: Connection, _request: Request) -> object:
    connection.send(whole(b"no such key", 403))
    return True


def serving(answers: Mapping[str, Answer]) -> RawServer:
    """A server of these paths; any other is not there."""

    def script(connection: Connection, request: Request) -> object:
        answer = answers.get(request.path, _missing)
        return answer(connection, request)

    return RawServer(script)


def everything() -> dict[str, Answer]:
    """All files of us-east-1."""
    return {
        page_path("US East (N. Virginia)"): as_json(
            page("US East (N. Virginia)", {"p5.48xlarge": "55.0400000000", "trn2.48xlarge": "0.0000000000"})
        ),
        BULK_INDEX: as_json(BULK_INDEX_BODY),
        BULK_FILE: body(bulk_csv(), etag='"v1"'),
        SAVINGS_INDEX: as_json(SAVINGS_INDEX_BODY),
        SAVINGS_FILE: as_json(SAVINGS),
        ADVISOR: body(json.dumps(SPOT_ADVISOR).encode(), last_modified="Fri, 20 Nov 2026 08:00:00 GMT"),
        SPOT: body(b"callback(" + json.dumps(SPOT_PRICES).encode() + b");"),
        BLOCKS: body(capacity_block_page()),
    }


def endless_bulk(megabytes: int) -> Answer:
    """A bulk price list of so many MB, made while it is sent: what is wanted stands among other products."""
    head_and_wanted = bulk_csv()
    systems = ("Linux", "Windows", "RHEL", "SUSE")
    others = [
        bulk_row(f"OTHER{number:011}", f"m{number % 9}.large", "0.1", **{"Operating System": systems[number % 4]})
        | {"PriceDescription": "On demand, an instance hour of another kind " * 14}
        for number in range(1_000)
    ]
    block = b"".join(bulk_csv(others).splitlines(keepends=True)[6:])

    def answer(connection: Connection, _request: Request) -> object:
        connection.send(head(200, {"transfer-encoding": "chunked", "etag": '"big"'}), chunk(head_and_wanted))
        for _ in range(megabytes * 1_000_000 // len(block)):
            connection.send(chunk(block))
        connection.send(b"0\r\n\r\n")
        return True

    return answer
