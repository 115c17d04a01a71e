import SealaneEligibility
import SealaneFleet
import SealanePacket
import Testing

struct PeerRecordTests {
    @Test func `a record and its definition say the same`() throws {
        let original = record("b", addresses: ["10.78.0.2/32", "fd00::2/128"], presharedKeyFile: "/etc/sealane/psk")
        let definition = try original.definition()
        #expect(PeerRecord(definition) == original)
        #expect(definition.facts[.instanceType] == Fact("m5n.xlarge", .stated))
        #expect(definition.facts[.account] == nil)
    }

    @Test func `a peer's addresses are among the facts that are stated of it`() throws {
        let definition = try record("b").definition()
        #expect(definition.facts.addresses == Fact(definition.addresses, .stated))
    }

    @Test func `every value that is wrong is named at once`() {
        let bad = PeerRecord(
            name: "a b", endpoint: "x", publicKey: "short", addresses: [],
            instance: InstanceRecord([.instanceType: "c5n"]),
            presharedKeyFile: "psk")
        #expect(throws: PeerRecordError.self) { try bad.definition() }
        do throws(PeerRecordError) {
            _ = try bad.definition()
        } catch {
            let keys = error.problems.map { String($0.prefix { $0 != ":" }) }
            #expect(
                keys == ["name", "endpoint", "publicKey", "addresses", "instance.type", "presharedKeyFile"])
        }
    }

    @Test func `a secret in the place of its file is not repeated`() {
        let secret = keyText(9)
        let error = #expect(throws: PeerRecordError.self) {
            try record("b", presharedKeyFile: secret).definition()
        }
        #expect(error?.description.hasPrefix("presharedKeyFile: this is a key") == true)
        #expect(error?.description.contains(secret) == false)
    }

    @Test func `an absent type is unknown, not an error`() throws {
        #expect(try record("b", type: nil).definition().facts[.instanceType] == nil)
    }

    @Test func `the same prefix twice is refused`() {
        #expect(throws: PeerRecordError.self) {
            try record("b", addresses: ["10.78.0.2/32", "10.78.0.2"]).definition()
        }
    }
}
