"""The fields of custom resources that we use. Their operators' schemas are not at hand, so a field that is not here is refused.

Read from the documentation of CloudNativePG 1.30, its plugin Barman Cloud 0.16, and the Prometheus operator.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}
QUANTITY: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti)?$"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
LABELS = TEXTS


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def listed(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def strict(*, may: Mapping[str, Schema] | None = None, **must: Schema) -> Schema:
    """An object with exactly these fields; those of `may` can be left out."""
    fields = {**must, **(may or {})}
    return {"type": "object", "properties": fields, "required": list(must), "additionalProperties": False}


def resource(spec: Schema) -> Schema:
    """A whole object."""
    metadata = strict(name=TEXT, namespace=TEXT, labels=LABELS)
    return strict(apiVersion=TEXT, kind=TEXT, metadata=metadata, spec=spec)


AMOUNTS = strict(cpu=QUANTITY, memory=QUANTITY)
RESOURCES = strict(requests=AMOUNTS, limits=AMOUNTS)
KEY = strict(name=TEXT, key=TEXT)
SCRIPTS = strict(configMapRefs=listed(KEY))
STORAGE = strict(size=QUANTITY)
PLUGIN = strict(name=TEXT, isWALArchiver=FLAG, parameters=strict(barmanObjectName=TEXT))
ROLE = strict(
    name=TEXT,
    ensure=one_of("present"),
    login=FLAG,
    inherit=FLAG,
    passwordSecret=strict(name=TEXT),
    may={"connectionLimit": COUNT},
)
CATALOGUE = strict(apiGroup=one_of("postgresql.cnpg.io"), kind=one_of("ClusterImageCatalog"), name=TEXT, major=COUNT)
INITDB = strict(
    database=TEXT, owner=TEXT, dataChecksums=FLAG, postInitTemplateSQLRefs=SCRIPTS, postInitApplicationSQLRefs=SCRIPTS
)
SYNCHRONOUS = strict(
    method=one_of("any", "first"),
    number=COUNT,
    dataDurability=one_of("required", "preferred"),
    failoverQuorum=FLAG,
)
POSTGRESQL = strict(pg_hba=listed(TEXT), parameters=TEXTS, may={"synchronous": SYNCHRONOUS})
AFFINITY = strict(enablePodAntiAffinity=FLAG, podAntiAffinityType=one_of("required", "preferred"), topologyKey=TEXT)
CLUSTER = strict(
    instances=COUNT,
    imageCatalogRef=CATALOGUE,
    enableSuperuserAccess=FLAG,
    bootstrap=strict(initdb=INITDB),
    managed=strict(roles=listed(ROLE)),
    postgresql=POSTGRESQL,
    plugins=listed(PLUGIN),
    storage=STORAGE,
    walStorage=STORAGE,
    resources=RESOURCES,
    affinity=AFFINITY,
    inheritedMetadata=strict(labels=LABELS),
)
SCHEDULED_BACKUP = strict(
    schedule={"type": "string", "pattern": r"^\S+( \S+){5}$"},
    backupOwnerReference=one_of("none", "self", "cluster"),
    cluster=strict(name=TEXT),
    method=one_of("plugin"),
    pluginConfiguration=strict(name=TEXT),
)
CIPHER, COMPRESSION = one_of("AES256", "aws:kms"), one_of("bzip2", "gzip", "snappy")
OBJECT_STORE = strict(
    retentionPolicy={"type": "string", "pattern": "^[1-9][0-9]*[dwm]$"},
    configuration=strict(
        destinationPath={"type": "string", "pattern": r"^s3://[a-z0-9.-]+/[a-z-]+$"},
        endpointURL={"type": "string", "pattern": r"^https://[a-z0-9.:-]+$"},
        endpointCA=KEY,
        s3Credentials=strict(accessKeyId=KEY, secretAccessKey=KEY),
        wal=strict(compression=COMPRESSION, encryption=CIPHER, maxParallel=COUNT),
        data=strict(compression=COMPRESSION, encryption=CIPHER, jobs=COUNT),
    ),
    instanceSidecarConfiguration=strict(resources=RESOURCES),
)
POD_MONITOR = strict(
    selector=strict(matchLabels=LABELS), podMetricsEndpoints=listed(strict(port=TEXT, path=TEXT, interval=TEXT))
)
ALERT = strict(alert=TEXT, expr=TEXT, labels=strict(severity=TEXT), annotations=strict(summary=TEXT), may={"for": TEXT})
PROMETHEUS_RULE = strict(groups=listed(strict(name=TEXT, rules=listed(ALERT))))

SCHEMAS: Mapping[tuple[str, str], Schema] = {
    ("postgresql.cnpg.io/v1", "Cluster"): resource(CLUSTER),
    ("postgresql.cnpg.io/v1", "ScheduledBackup"): resource(SCHEDULED_BACKUP),
    ("barmancloud.cnpg.io/v1", "ObjectStore"): resource(OBJECT_STORE),
    ("monitoring.coreos.com/v1", "PodMonitor"): resource(POD_MONITOR),
    ("monitoring.coreos.com/v1", "PrometheusRule"): resource(PROMETHEUS_RULE),
}
