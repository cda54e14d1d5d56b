"""The AWS of the tests: moto with its differences from AWS corrected, with faults and a journal."""

import argparse
import os

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

import cloudtrail_plugin
import events_plugin
import iam_plugin
import kms_plugin
import sagemaker_plugin
import securityhub_plugin
import tagging_plugin
from gateway import Gateway

HOST = "127.0.0.1"


class QuietHandler(MotoRequestHandler):
    """Logs no requests: the journal has them, and an unread pipe would fill up and block."""

    def log(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0, help="0, the default: any free port")
    arguments.add_argument("--account", default="123456789012", help="the id of the account")
    asked = arguments.parse_args()
    os.environ["MOTO_ACCOUNT_ID"] = asked.account

    plugins = (sagemaker_plugin, tagging_plugin, iam_plugin, kms_plugin, cloudtrail_plugin, securityhub_plugin, events_plugin)
    for plugin in plugins:
        plugin.install()
    gateway = Gateway(DomainDispatcherApplication(create_backend_app))
    server = make_server(HOST, asked.port, gateway, threaded=True, request_handler=QuietHandler)
    # The socket listens from here on: a connection waits until the last line serves it.
    print(f"listening on http://{HOST}:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
