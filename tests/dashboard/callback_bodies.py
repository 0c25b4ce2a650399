"""Requests to callbacks, made of the callback map itself, so that a callback that comes later is asked too."""

from __future__ import annotations

import json


class Bodies:
    """Requests as Dash's renderer would send them, of a callback as it is registered."""

    def __init__(self, output: str, spec: dict) -> None:
        self.output, self.spec = output, spec

    def body(self, **values) -> dict:
        inputs = [self.place(one, values) for one in self.spec["inputs"]]
        states = [self.place(one, values) for one in self.spec["state"]]
        first = inputs[0][0] if isinstance(inputs[0], list) else inputs[0]
        name = (
            first["id"]
            if isinstance(first["id"], str)
            else json.dumps(first["id"], separators=(",", ":"), sort_keys=True)
        )
        outputs = self.spec["output"]
        listed = [{"id": one.component_id, "property": one.component_property.split("@")[0]}
                  for one in (outputs if isinstance(outputs, list) else [outputs])]  # fmt: skip
        return {
            "output": self.output, "outputs": listed if isinstance(outputs, list) else listed[0], "inputs": inputs,
            "state": states, "changedPropIds": [f"{name}.{first['property']}"],
        }  # fmt: skip

    def place(self, one: dict, values: dict):
        prop, component = one["property"], one["id"]
        value = values.get(json.loads(component)["type"] if component.startswith("{") else component)
        if not component.startswith("{"):
            return {"id": component, "property": prop, "value": value}
        wanted = {name: "erase" if isinstance(part, list) else part for name, part in json.loads(component).items()}
        return [{"id": wanted, "property": prop, "value": value}]

    @property
    def places(self) -> int:
        return len(self.spec["inputs"]) + len(self.spec["state"])
