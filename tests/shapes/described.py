"""Prints what the Describe operations of SageMaker tell, one operation a line: its name, and the paths of its answer."""

import json

import shapes


def main():
    service = shapes.model()
    for name in service.operation_names:
        if name.startswith("Describe"):
            answer = shapes.members(service.operation_model(name).output_shape)
            print(json.dumps({"operation": name, "paths": [member.path for member in answer]}))


if __name__ == "__main__":
    main()
