"""Reads YAML documents and says on stdout, as JSON, what they are and what their schemas object to."""
import json
import sys

import kubernetes_validate
import yaml

VERSION = sys.argv[1]
# Kinds of operators: their schemas belong to the operators.
FOREIGN = ('keda.sh/', 'monitoring.coreos.com/')

manifests = list(yaml.safe_load_all(sys.stdin))
problems = []
for manifest in manifests:
    if manifest['apiVersion'].startswith(FOREIGN):
        continue
    name = f"{manifest['kind']} {manifest['metadata']['name']}"
    try:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        problems.append(f"{name}: {'.'.join(map(str, error.path))}: {error.message[:200]}")
    except kubernetes_validate.SchemaNotFoundError:
        problems.append(f'{name}: there is no such kind')
json.dump({'manifests': manifests, 'problems': problems}, sys.stdout)
