"""Commands to a mail server that are sent together (RFC 2920), whatever it answers."""

import socket
import threading

import pytest
from django.core.mail import EmailMessage

from notifications.channels.email import Mailbag
from notifications.outcomes import Outcome, Result

pytestmark = pytest.mark.promise("F5")
GOOD = {"mail": "250 ok", "rcpt": "250 ok", "data": "354 go on", "message": "250 taken"}


class Script(threading.Thread):
    """A mail server that answers as it is told, and writes down what it hears."""

    def __init__(self, answers):
        super().__init__(daemon=True)
        self.answers, self.heard, self.messages, self.connections = answers, [], [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with client, client.makefile("rwb") as stream:
                self.talk(stream)

    def talk(self, stream):
        self.say(stream, "220 here")
        is_begun = False
        while line := stream.readline():
            verb = line[:4].decode().strip().lower()
            self.heard.append(line.decode().strip())
            answer = self.answers.get(verb, "250-here\r\n250 PIPELINING" if verb == "ehlo" else "250 ok")
            if verb == "mail":
                answer, is_begun = ("503 one at a time" if is_begun else answer), True
            elif verb in ("rset", "data"):
                is_begun = verb == "data" and not answer.startswith("354")
            self.say(stream, answer)
            if answer.startswith("421"):
                return
            if answer.startswith("354"):
                self.messages.append(self.read_message(stream))
                self.say(stream, self.answers["message"] if self.messages[-1] else "554 to nobody")

    def read_message(self, stream):
        lines = []
        while (line := stream.readline()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    def say(self, stream, text):
        stream.write(text.encode() + b"\r\n")
        stream.flush()


@pytest.fixture
def server(settings):
    begun = []

    def begin(**answers):
        script = Script(GOOD | answers)
        begun.append(script)
        settings.EMAIL_BACKEND = "notifications.channels.smtp.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", script.port, 3
        return script

    yield begin
    for script in begun:
        script.listener.close()


def mail(text="Hello", to="rose@example.org"):
    return EmailMessage("Hello", text, "post@example.org", [to])


@pytest.mark.parametrize(
    ("answers", "outcome", "texts"),
    [
        ({}, Outcome(Result.SENT, "250"), ["Hello"]),
        ({"mail": "550 not you", "rcpt": "503 no", "data": "503 no"}, Outcome(Result.REFUSED, "550"), []),
        ({"mail": "451 later", "rcpt": "503 no", "data": "503 no"}, Outcome(Result.LATER, "451"), []),
        ({"rcpt": "550 5.1.1 nobody", "data": "503 no"}, Outcome(Result.DEAD, "550"), []),
        ({"rcpt": "550 5.1.1 nobody"}, Outcome(Result.DEAD, "550"), [""]),
        ({"rcpt": "450 4.2.1 busy"}, Outcome(Result.LATER, "450"), [""]),
        ({"data": "451 later"}, Outcome(Result.LATER, "451"), []),
        ({"data": "554 no"}, Outcome(Result.REFUSED, "554"), []),
        ({"message": "554 spam"}, Outcome(Result.REFUSED, "554"), ["Hello"]),
        ({"message": "451 later"}, Outcome(Result.LATER, "451"), ["Hello"]),
    ],
)
def test_each_answer_is_told_and_the_connection_stays_good(server, answers, outcome, texts):
    script = server(**answers)
    with Mailbag() as mailbag:
        assert mailbag.send(mail()) == outcome
        script.answers = GOOD
        assert mailbag.send(mail("Again")) == Outcome(Result.SENT, "250")
    assert script.connections == 1
    assert [message.rpartition(b"\r\n\r\n")[2].strip().decode() for message in script.messages] == [*texts, "Again"]


@pytest.mark.parametrize("where", ["mail", "rcpt", "data", "message"])
def test_a_server_that_closes_is_asked_again_over_another_connection(server, where):
    script = server(**{where: "421 4.3.2 closing"})
    with Mailbag() as mailbag:
        outcome = mailbag.send(mail())
        assert (outcome.result, outcome.code) == (Result.LATER, "421")
        script.answers = GOOD
        assert mailbag.send(mail()) == Outcome(Result.SENT, "250")
    assert script.connections == 2


def test_a_line_that_is_a_point_does_not_end_the_message(server):
    script = server()
    with Mailbag() as mailbag:
        mailbag.send(mail("one\n.\nRCPT TO:<thief@example.org>\n..two"))
    assert script.messages[0].endswith(b"one\r\n..\r\nRCPT TO:<thief@example.org>\r\n...two\r\n")
    assert [line for line in script.heard if line.startswith("rcpt")] == ["rcpt TO:<rose@example.org>"]


@pytest.mark.parametrize("address", ["rose@example.org>\r\nRCPT TO:<thief@example.org", "rose@example.org\nx"])
def test_no_address_becomes_a_command(server, address):
    script = server()
    with Mailbag() as mailbag:
        assert mailbag.send(mail(to=address)).result is Result.REFUSED
        assert mailbag.send(mail()) == Outcome(Result.SENT, "250")
    assert not any("thief" in line for line in script.heard)
