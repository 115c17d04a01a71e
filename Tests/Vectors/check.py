#!/usr/bin/env python3
"""Recomputes Tests/Vectors/protocol.json from its keys and randomness, by docs/protocol.md alone.

    Tests/Vectors/check.py            compares every value; exit status 1 and the first differences if one is other
    Tests/Vectors/check.py --write    writes the file; the certificates in it are issued again

Needs Python 3.9 or later and python3-cryptography (Debian). Shares no code with Sealane.
"""

import datetime
import hashlib
import hmac
import ipaddress
import json
import pathlib
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FILE = pathlib.Path(__file__).with_name("protocol.json")
SUITES = {1: AESGCM, 2: ChaCha20Poly1305}


# Section "Cryptography"


def blake2b(message, size, key=b""):
    return hashlib.blake2b(message, digest_size=size, key=key).digest()


def hmac_blake2b(key, message):
    return hmac.new(key, message, hashlib.blake2b).digest()


def hkdf(chaining_key, data, count):
    temporary = hmac_blake2b(chaining_key, data)
    outputs = []
    for number in range(1, count + 1):
        outputs.append(hmac_blake2b(temporary, (outputs[-1] if outputs else b"") + bytes([number])))
    return outputs


def dh(private, public):
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))


def public_key(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def hchacha20(key, nonce):
    """draft-irtf-cfrg-xchacha, section 2.2."""
    state = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for left, right, onto, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[left] = (state[left] + state[right]) & 0xFFFFFFFF
            mixed = state[onto] ^ state[left]
            state[onto] = (mixed << count | mixed >> (32 - count)) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<8I", *state[:4], *state[12:])


def xchacha20poly1305(key, nonce, plaintext, data):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], plaintext, data)


class Noise:
    """The SymmetricState of section 5.2 of the Noise Protocol Framework, with a record of what it went through."""

    def __init__(self, prologue, responder):
        self.h = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b".ljust(64, b"\0")
        self.ck = self.h
        self.k = None
        self.steps = []
        self.mix_hash(prologue)
        self.mix_hash(responder)
        self.note("prologue, s of the responder")

    def note(self, step):
        entry = {"after": step, "ck": self.ck.hex(), "h": self.h.hex()}
        if self.k:
            entry["k"] = self.k.hex()
        self.steps.append(entry)

    def take_steps(self):
        steps, self.steps = self.steps, []
        return steps

    def mix_hash(self, data):
        self.h = blake2b(self.h + data, 64)

    def mix_key(self, data):
        self.ck, key = hkdf(self.ck, data, 2)
        self.k, self.n = key[:32], 0

    def mix_key_and_hash(self, data):
        self.ck, hashed, key = hkdf(self.ck, data, 3)
        self.mix_hash(hashed)
        self.k, self.n = key[:32], 0

    def encrypt_and_hash(self, plaintext):
        sealed = ChaCha20Poly1305(self.k).encrypt(bytes(4) + struct.pack("<Q", self.n), plaintext, self.h)
        self.n += 1
        self.mix_hash(sealed)
        return sealed

    def split(self):
        first, second = hkdf(self.ck, b"", 2)
        return first[:32], second[:32]


# Section "Claims", "Reasons", "Credential"

CLAIM_TAGS = {"id": 1, "type": 2, "account": 3, "region": 4, "zone": 5, "vpc": 6, "subnet": 7}


def claims(facts):
    out = bytes([1])
    for name, tag in CLAIM_TAGS.items():
        if name in facts:
            value = facts[name].encode()
            out += bytes([tag]) + len(value).to_bytes(2, "big") + value
    value = b""
    for text in facts.get("addresses", []):
        address = ipaddress.ip_address(text)
        value += bytes([address.version]) + address.packed
    return out + (bytes([0x40]) + len(value).to_bytes(2, "big") + value if value else b"")


def reasons(entries):
    out = bytes([1, len(entries)])
    for entry in entries:
        out += bytes([entry["code"]])
        for field in ("observed", "required", "source"):
            text = entry[field].encode()
            out += bytes([len(text)]) + text
    return out


def static_key_message(fleet, static_public):
    name = fleet.encode()
    return b"sealane static key" + bytes([0, 1, len(name)]) + name + static_public


# Section "Handshake payloads"


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return ipaddress.ip_address(host.strip("[]")).packed + struct.pack(">H", int(port))


def field(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


def parameters(party, destination):
    return (
        field(2, bytes.fromhex(party["claims"]))
        + field(3, bytes([party["lane_count"]]))
        + field(4, struct.pack(">I", party["interface_mtu"]))
        + field(5, bytes(party["suites"]))
        + field(9, endpoint(party["endpoint"]) + endpoint(destination))
    )


def credential(party):
    return field(8, bytes.fromhex(party["credential"])) if party["credential"] else b""


def tai64n(time):
    return struct.pack(">QI", 2**62 + 10 + time["unix_seconds"], time["nanoseconds"])


# Section "Messages"


def mac1(message, receiver):
    return blake2b(message, 16, blake2b(b"sealane mac1" + receiver, 32))


def mac2(message, key):
    return blake2b(message, 16, key)


def initiation(fleet, sender, receiver, time, cookie=None, prompt=b""):
    """Returns the entry of the file and the state after message 1."""
    static_private, static_public = (bytes.fromhex(sender[name]) for name in ("static_private", "static_public"))
    remote = bytes.fromhex(receiver["static_public"])
    ephemeral_private = bytes.fromhex(sender["ephemeral_private"])
    ephemeral = public_key(ephemeral_private)
    payload = bytes([1]) + field(1, tai64n(time)) + parameters(sender, receiver["endpoint"]) + credential(sender) + prompt
    noise = Noise(b"sealane/1\0" + fleet.encode(), remote)
    noise.mix_hash(ephemeral)
    noise.mix_key(ephemeral)
    noise.note("e")
    noise.mix_key(dh(ephemeral_private, remote))
    noise.note("es")
    sealed_static = noise.encrypt_and_hash(static_public)
    noise.note("s")
    noise.mix_key(dh(static_private, remote))
    noise.note("ss")
    sealed_payload = noise.encrypt_and_hash(payload)
    noise.note("payload 1")
    message = bytes([1, 0, 0, 0]) + bytes.fromhex(sender["session_index"]) + ephemeral + sealed_static + sealed_payload
    first = mac1(message, remote)
    second = mac2(message + first, cookie) if cookie else bytes(16)
    entry = {
        "timestamp": tai64n(time).hex(),
        "payload": payload.hex(),
        "noise": noise.take_steps(),
        "response_key": blake2b(b"sealane response mac2" + noise.h, 32, noise.ck).hex(),
        "mac1": first.hex(),
        "mac2": second.hex(),
        "datagram": (message + first + second).hex(),
    }
    return entry, noise


def response(noise, response_key, sender, receiver, outcome, psk, session_index=None):
    ephemeral_private = bytes.fromhex(sender["ephemeral_private"])
    ephemeral = public_key(ephemeral_private)
    remote = bytes.fromhex(receiver["static_public"])
    payload = bytes([1]) + parameters(sender, receiver["endpoint"])
    payload += (credential(sender) if outcome[0] == 6 else b"") + field(*outcome)
    noise.mix_hash(ephemeral)
    noise.mix_key(ephemeral)
    noise.note("e")
    noise.mix_key(dh(ephemeral_private, public_key(bytes.fromhex(receiver["ephemeral_private"]))))
    noise.note("ee")
    noise.mix_key(dh(ephemeral_private, remote))
    noise.note("se")
    noise.mix_key_and_hash(psk)
    noise.note("psk")
    sealed_payload = noise.encrypt_and_hash(payload)
    noise.note("payload 2")
    index = bytes(4) if session_index is None else bytes.fromhex(session_index)
    message = bytes([2, 0, 0, 0]) + index + bytes.fromhex(receiver["session_index"]) + ephemeral + sealed_payload
    first = mac1(message, remote)
    second = mac2(message + first, bytes.fromhex(response_key))
    return {
        "payload": payload.hex(),
        "noise": noise.take_steps(),
        "mac1": first.hex(),
        "mac2": second.hex(),
        "datagram": (message + first + second).hex(),
    }


def cookie_exchange(given, initiation_datagram, responder):
    secret, nonce = bytes.fromhex(given["secret"]), bytes.fromhex(given["nonce"])
    cookie = blake2b(endpoint(given["source"]), 16, secret)
    key = blake2b(b"sealane cookie" + responder, 32)
    first = initiation_datagram[-32:-16]
    reply = bytes([3, 0, 0, 0]) + initiation_datagram[4:8] + nonce + xchacha20poly1305(key, nonce, cookie, first)
    return {
        "secret": given["secret"],
        "source": given["source"],
        "nonce": given["nonce"],
        "cookie": cookie.hex(),
        "reply_key": key.hex(),
        "reply": reply.hex(),
        "initiation_with_cookie": (initiation_datagram[:-16] + mac2(initiation_datagram[:-16], cookie)).hex(),
    }


# Section "Data"


def lane_key(root, lane, by_lane_0):
    return blake2b((b"sealane lane by 0" if by_lane_0 else b"sealane lane") + bytes([lane]), 32, root)


def packet(source, destination, number):
    """UDP from port 40000 to port 5001; its payload is a number. The checksums are left out."""
    payload = struct.pack(">HHHH", 40000, 5001, 12, 0) + struct.pack(">I", number)
    from_, to = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if from_.version == 4:
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, 17, 0) + from_.packed + to.packed + payload
    return struct.pack(">IHBB", 0x60000000, len(payload), 17, 64) + from_.packed + to.packed + payload


def data(session, given, parties):
    """One data datagram; `given` has name, from, lane, flags, counter, plaintext."""
    sender = parties[given["from"]]
    receiver = parties["b" if given["from"] == "a" else "a"]
    by_lane_0 = bool(given["flags"] & 4)
    root = session["to_responder" if given["from"] == "a" else "to_initiator"]
    key = lane_key(bytes.fromhex(root), given["lane"], by_lane_0)
    header = struct.pack(">BBBB", 4, given["flags"], given["lane"], 0) + bytes.fromhex(receiver["session_index"])
    header += struct.pack(">Q", given["counter"])
    nonce = bytes(4) + struct.pack(">Q", given["counter"])
    sealed = SUITES[session["suite"]](key).encrypt(nonce, bytes.fromhex(given["plaintext"]), header)
    way = 0 if by_lane_0 else given["lane"]

    def port(party, lane):
        host, first = party["endpoint"].rsplit(":", 1)
        return f"{host}:{int(first) + lane}"

    return given | {
        "source": port(sender, way),
        "destination": port(receiver, way % receiver["lane_count"]),
        "key": key.hex(),
        "datagram": (header + sealed).hex(),
    }


def datagrams(script, session, parties):
    """Numbers the datagrams of each lane and path, and seals them. `script`: name, from, lane, flags, plaintext."""
    counters = {}
    out = []
    for name, from_, lane, flags, plaintext in script:
        place = (from_, lane, flags & 4)
        counter = counters.get(place, 0)
        counters[place] = counter + 1
        given = {"name": name, "from": from_, "lane": lane, "flags": flags, "counter": counter}
        out.append(data(session, given | {"plaintext": plaintext.hex()}, parties))
    return out


def probe(number, ip_byte_count, overhead):
    return (bytes([1]) + struct.pack(">I", number)).ljust(ip_byte_count - overhead, b"\0")


def answer(number, greatest):
    return bytes([2]) + struct.pack(">IH", number, greatest)


# The certificates: issued for --write, and checked otherwise.


def instance_uri(fleet, facts):
    order = ["account", "region", "zone", "vpc", "subnet", "type", "id"]
    pairs = [("instance" if name == "id" else name, facts[name]) for name in order if name in facts]
    return f"spiffe://{fleet}" + "".join(f"/{name}/{value}" for name, value in pairs)


def when(time, seconds):
    moment = datetime.datetime.fromtimestamp(time["unix_seconds"] + seconds, datetime.timezone.utc)
    return moment.replace(tzinfo=None)


def usage(**purposes):
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: purposes.get(name, False) for name in names.split()})


def issue_root(fleet, key, time):
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, fleet), x509.NameAttribute(NameOID.COMMON_NAME, "Vectors CA")]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1001)
        .not_valid_before(when(time, -86400))
        .not_valid_after(when(time, 365 * 86400))
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), True)
        .add_extension(x509.NameConstraints([x509.UniformResourceIdentifier(fleet)], None), True)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{fleet}")]), False)
        .sign(key, None)
    )


def issue_identity(fleet, facts, key, root, root_key, time, serial):
    names = [x509.UniformResourceIdentifier(instance_uri(fleet, facts))]
    names += [x509.IPAddress(ipaddress.ip_address(text)) for text in facts["addresses"]]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(when(time, -60))
        .not_valid_after(when(time, 86400))
        .add_extension(usage(digital_signature=True), True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), False
        )
        .add_extension(x509.SubjectAlternativeName(names), True)
        .sign(root_key, None)
    )


def raw(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def certify(given, party, root, old):
    """The identity and the credential of one party. Takes the certificate of the file, if there is one, and checks it."""
    fleet, facts = given["fleet"], party["facts"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(party["identity_private"]))
    if old is None:
        root_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given["root_private"]))
        issued = issue_identity(fleet, facts, key, root, root_key, given["time"], party["serial"])
        der = issued.public_bytes(Encoding.DER)
    else:
        der = bytes.fromhex(old["certificate"])
    certificate = x509.load_der_x509_certificate(der)
    root.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [instance_uri(fleet, facts)]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == facts["addresses"]
    assert isinstance(certificate.public_key(), Ed25519PublicKey) and certificate.issuer == root.subject
    assert len(der) <= 1000 and raw(key) == certificate.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    message = static_key_message(fleet, public_key(bytes.fromhex(party["static_private"])))
    signature = key.sign(message)
    return {
        "identity_private": party["identity_private"],
        "identity_public": raw(key).hex(),
        "certificate": der.hex(),
        "signed_message": message.hex(),
        "static_key_signature": signature.hex(),
    }, (signature + der).hex()


# What is given: keys, randomness, addresses, times.


def seeded(label):
    """Keys and randomness of the vectors: nothing but bytes that anybody can make again."""
    return hashlib.sha256(b"sealane protocol vectors: " + label.encode()).digest()


FLEET = "vectors.example"
TIME = {"unix_seconds": 1800000000, "nanoseconds": 123456789}
REASONS = [
    {"code": 3, "observed": "local us-east-1, peer us-west-2", "required": "one Region", "source": "both stated"},
    {"code": 17, "observed": "10.0.0.9:7325 to 10.0.0.2:7325", "required": "", "source": ""},
]


def party(name, label, **settings):
    private = seeded(f"{name} static private key, {label}")
    ephemeral = seeded(f"{name} ephemeral private key, {label}")
    facts = settings.pop("facts")
    return {
        "static_private": private.hex(),
        "static_public": public_key(private).hex(),
        "facts": facts,
        "claims": claims(facts).hex(),
        "credential": "",
        "session_index": seeded(f"{name} session index, {label}")[:4].hex(),
        "ephemeral_private": ephemeral.hex(),
        "ephemeral_public": public_key(ephemeral).hex(),
    } | settings


def facts(number, addresses):
    return {
        "id": f"i-0123456789abcdef{number}",
        "type": "m5n.large",
        "account": "123456789012",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "vpc": "vpc-0a1b2c3d",
        "subnet": "subnet-4e5f6071",
        "addresses": addresses,
    }


def handshake(name, a, b, suite, psk, script, certificates=None):
    first, noise = initiation(FLEET, a, b, TIME)
    second = response(noise, first["response_key"], b, a, (6, bytes([suite])), psk or bytes(32), b["session_index"])
    to_responder, to_initiator = noise.split()
    session = {
        "suite": suite,
        "handshake_hash": noise.h.hex(),
        "to_responder": to_responder.hex(),
        "to_initiator": to_initiator.hex(),
    }
    entry = {
        "name": name,
        "fleet": FLEET,
        "prologue": (b"sealane/1\0" + FLEET.encode()).hex(),
        "time": TIME,
        "preshared_key": psk.hex() if psk else None,
        "a": a,
        "b": b,
    }
    if certificates:
        entry["certificates"] = certificates
    return entry | {
        "initiation": first,
        "response": second,
        "session": session,
        "datagrams": datagrams(script, session, {"a": a, "b": b}),
    }


def plain():
    one = facts(1, ["10.8.0.1"])
    two = {"type": "m5n.large", "region": "us-east-1", "vpc": "vpc-0a1b2c3d", "addresses": ["10.8.0.2", "fd08::2"]}
    a = party("a", "plain", endpoint="10.0.0.1:7325", lane_count=2, interface_mtu=9001, suites=[1, 2], facts=one)
    b = party("b", "plain", endpoint="10.0.0.2:7400", lane_count=2, interface_mtu=1500, suites=[2, 1], facts=two)
    out = lambda number: packet("10.8.0.1", "10.8.0.2", number)
    script = [
        ("MTU probe of a", "a", 0, 2, probe(0, 1500, 60)),
        ("lane probe of a", "a", 1, 2, probe(2**31, 1500, 60)),
        ("answer to the MTU probe of a", "b", 0, 2, answer(0, 1500)),
        ("MTU probe of b", "b", 0, 2, probe(0, 1500, 60)),
        ("lane probe of b", "b", 1, 2, probe(2**31, 1500, 60)),
        ("packet of a on lane 0", "a", 0, 0, out(1)),
        ("packet of a on lane 1, by the path of lane 0", "a", 1, 4, out(2)),
        ("answer to the lane probe of a", "b", 1, 2, answer(2**31, 1500)),
        ("packet of a on lane 1", "a", 1, 0, out(3)),
        ("answer to the MTU probe of b", "a", 0, 2, answer(0, 1500)),
        ("answer to the lane probe of b", "a", 1, 2, answer(2**31, 1500)),
        ("packet of b on lane 0", "b", 0, 0, packet("10.8.0.2", "10.8.0.1", 4)),
        ("close of b", "b", 0, 2, bytes([3]) + reasons(REASONS)),
    ]
    return handshake("without certificates, without a pre-shared key", a, b, 1, None, script)


def certified(old):
    given = {"fleet": FLEET, "time": TIME, "root_private": seeded("root private key").hex()}
    root_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given["root_private"]))
    if old is None:
        root = issue_root(FLEET, root_key, TIME)
    else:
        root = x509.load_der_x509_certificate(bytes.fromhex(old["certificates"]["root"]))
    root.public_key().verify(root.signature, root.tbs_certificate_bytes)
    assert raw(root_key) == root.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    settings = {"interface_mtu": 9001, "suites": [2]}
    a = party("a", "certified", endpoint="[fd00::1]:7325", lane_count=2, **settings, facts=facts(1, ["10.8.0.1", "fd08::1"]))
    b = party("b", "certified", endpoint="[fd00::2]:7325", lane_count=1, **settings, facts=facts(2, ["10.8.0.2", "fd08::2"]))
    certificates = {"root_private": given["root_private"], "root": root.public_bytes(Encoding.DER).hex()}
    for serial, (name, end) in enumerate((("a", a), ("b", b))):
        signer = end | {"identity_private": seeded(f"{name} identity private key").hex(), "serial": 0x2001 + serial}
        old_end = old["certificates"][name] if old else None
        certificates[name], end["credential"] = certify(given, signer, root, old_end)
    out = lambda number: packet("fd08::1", "fd08::2", number)
    script = [
        ("packet of a on lane 0", "a", 0, 0, out(1)),
        ("keepalive of a", "a", 0, 0, b""),
        ("lane probe of a", "a", 1, 2, probe(2**31, 85, 80)),
        ("answer to the lane probe of a", "b", 0, 2, answer(2**31, 85)),
        ("packet of a on lane 1", "a", 1, 0, out(2)),
        ("packet of b on lane 0", "b", 0, 0, packet("fd08::2", "fd08::1", 3)),
    ]
    psk = seeded("pre-shared key")
    return handshake("with certificates and a pre-shared key", a, b, 2, psk, script, certificates)


def refusal(one):
    """A's initiation of the first handshake, which B refuses, and the handshake that B begins because of that."""
    a, b = one["a"], one["b"]
    own = b | {
        "session_index": seeded("b session index, own handshake")[:4].hex(),
        "ephemeral_private": seeded("b ephemeral private key, own handshake").hex(),
    }
    first, noise = initiation(FLEET, a, b, TIME)
    second = response(noise, first["response_key"], b, a, (7, reasons(REASONS)), bytes(32))
    third, _ = initiation(FLEET, own, a, TIME)
    return {
        "initiation": first["datagram"],
        "reasons": REASONS,
        "encoded_reasons": reasons(REASONS).hex(),
        "response": second,
        "own_session_index": own["session_index"],
        "own_ephemeral_private": own["ephemeral_private"],
        "own_initiation": third,
    }


def prompted(one):
    seen = {"unix_seconds": TIME["unix_seconds"] + 5, "nanoseconds": 0}
    prompt = field(128, bytes.fromhex(one["initiation"]["mac1"]) + tai64n(seen))
    entry, _ = initiation(FLEET, one["a"], one["b"], TIME, prompt=prompt)
    return {"mac1": one["initiation"]["mac1"], "seen": tai64n(seen).hex(), "payload": entry["payload"]}


def build(old):
    one, two = plain(), certified(old["handshakes"][1] if old else None)
    cookie = {
        "secret": seeded("cookie secret").hex(),
        "nonce": seeded("cookie nonce")[:24].hex(),
        "source": one["a"]["endpoint"],
    }
    return {
        "about": "Test vectors of docs/protocol.md. Bytes are hexadecimal. Tests/Vectors/check.py recomputes every value.",
        "handshakes": [one, two],
        "refusal": refusal(one),
        "cookie": cookie_exchange(
            cookie, bytes.fromhex(one["initiation"]["datagram"]), bytes.fromhex(one["b"]["static_public"])
        ),
        "prompt": prompted(one),
    }


def differences(found, computed, place=""):
    if isinstance(found, dict) and isinstance(computed, dict):
        for key in sorted(found.keys() | computed.keys()):
            yield from differences(found.get(key), computed.get(key), f"{place}/{key}")
    elif isinstance(found, list) and isinstance(computed, list) and len(found) == len(computed):
        for index, pair in enumerate(zip(found, computed)):
            yield from differences(*pair, f"{place}/{index}")
    elif found != computed:
        yield place, found, computed


def count(value):
    if isinstance(value, (dict, list)):
        return sum(count(item) for item in (value.values() if isinstance(value, dict) else value))
    return 1


def main():
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(json.dumps(build(None), indent=1) + "\n")
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    found = json.loads(FILE.read_text())
    computed = build(found)
    wrong = list(differences(found, computed))
    for place, old, new in wrong[:10]:
        print(f"{place}\n  in the file  {old}\n  recomputed   {new}", file=sys.stderr)
    if wrong:
        sys.exit(f"{len(wrong)} values differ")
    print(f"{count(computed)} values recomputed, none differs")


if __name__ == "__main__":
    main()
