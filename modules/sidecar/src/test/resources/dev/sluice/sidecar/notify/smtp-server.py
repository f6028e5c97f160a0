"""An SMTP server for tests: Debian's python3-aiosmtpd, on an ephemeral port, until standard input ends.

Prints the port, and then a line of JSON for each mail that it takes and each recipient that it refuses.
A mail from busy@ is put off. Recipients decide what becomes of them: later-once@ is put off the first time, later@ always, never@ is refused;
a mail with late-refusal@ among its recipients is refused after its text.
"""

import base64
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
met = set()


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address.startswith("busy@"):
            return "421 4.3.2 come back later"
        envelope.mail_from = address
        return "250 2.1.0 sender taken"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        name = address.split("@")[0]
        answer = None
        if name == "never":
            answer = "550 5.1.1 no such user here"
        elif name == "later" or (name == "later-once" and address not in met):
            answer = "451 4.7.1 greylisted, come back later"
        met.add(address)
        if answer:
            say(refused=address)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient taken"

    async def handle_DATA(self, server, session, envelope):
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            tls=session.ssl is not None or bool(options.get("implicit")),
            user=session.auth_data.login.decode() if session.auth_data else None,
            mail=base64.b64encode(envelope.original_content).decode(),
        )
        if any(each.startswith("late-refusal@") for each in envelope.rcpt_tos):
            return "554 5.7.1 looks like spam"
        return "250 2.0.0 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login.decode() == options["user"] and data.password.decode() == options["password"]
    return AuthResult(success=right, handled=False, auth_data=data)


context = None
if "certificate" in options:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"], options["key"])


class Server(Controller):
    def factory(self):
        return SMTP(
            self.handler,
            hostname="localhost",
            tls_context=None if options.get("implicit") else context,
            require_starttls=bool(context) and not options.get("implicit"),
            auth_required="user" in options,
            # Of TLS from the beginning the library knows nothing, and so offers no login.
            auth_require_tls=bool(options.get("open")) or not options.get("implicit") and bool(context),
            authenticator=authenticate if "user" in options else None,
            loop=self.loop,
        )

    # The library connects to the port that it was given, to see whether it answers.
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = Server(
    Handler(),
    hostname=options.get("host", "127.0.0.1"),
    port=0,
    ssl_context=context if options.get("implicit") else None,
)
controller.start()
say(port=controller.port)
sys.stdin.read()
controller.stop()
