"""The bill of materials of one executable: SPDX 2.3 as JSON."""

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Final

from build.packages.archives import DATE
from build.packages.parts import Part
from edge_agent import __version__

_HOME: Final = uuid.uuid5(uuid.NAMESPACE_OID, "edge-agent")
_NONE: Final = "NOASSERTION"
Table = dict[str, object]


def bill(target: str, executable: bytes, all_parts: tuple[Part, ...]) -> str:
    """Return the document for the executable of a target: what it is, what it is made of, and how that came in."""
    main = _package("Executable", f"edge-agent-{target}", __version__, "MIT") | {
        "primaryPackagePurpose": "APPLICATION",
        "packageFileName": f"edge-agent-{target}",
        "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(executable).hexdigest()}],
    }
    packages = [main]
    relations = [_relation("SPDXRef-DOCUMENT", "DESCRIBES", str(main["SPDXID"]))]
    for part in all_parts:
        package, sources = _of(part)
        packages += [package, *sources]
        kind = "STATIC_LINK" if part.role == "linked" else "CONTAINS"
        relations.append(_relation(str(main["SPDXID"]), kind, str(package["SPDXID"])))
        relations += [_relation(str(package["SPDXID"]), "GENERATED_FROM", str(source["SPDXID"])) for source in sources]
        if part.inside:
            relations.append(_relation(_id(part.inside), "CONTAINS", str(package["SPDXID"])))
    content: Table = {"packages": packages, "relationships": relations}
    name = uuid.uuid5(_HOME, json.dumps(content, sort_keys=True))
    head: Table = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"edge-agent-{__version__}-{target}",
        "documentNamespace": f"urn:uuid:{name}",
        "creationInfo": {
            "created": datetime.fromtimestamp(DATE, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: edge-agent-build-packages-{__version__}"],
        },
    }
    return json.dumps(head | content, indent=2) + "\n"


def _id(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words)).strip("-")


def _package(kind: str, name: str, version: str, licence: str) -> Table:
    return {
        "SPDXID": _id(kind, name) if kind else _id(name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": _NONE,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": _NONE,
    }


def _of(part: Part) -> tuple[Table, list[Table]]:
    """Return a part, and the files of its source unless another part has told of them."""
    package = _package("", part.name, part.version, part.licence) | {"primaryPackagePurpose": "LIBRARY"}
    if part.inside:
        return package, []
    package["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": part.purl}]
    return package, [
        _package("Source", name, part.version, part.licence)
        | {
            "primaryPackagePurpose": "SOURCE",
            "packageFileName": name,
            "checksums": [{"algorithm": "SHA256", "checksumValue": sha256}],
        }
        for name, sha256 in part.files
    ]


def _relation(one: str, kind: str, other: str) -> Table:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
