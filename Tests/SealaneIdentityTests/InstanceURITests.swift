import SealaneEligibility
import SealaneIdentity
import Testing

@Suite("Trust domains")
struct TrustDomainTests {
    @Test(
        "a fleet name with the form of a host name is valid",
        arguments: ["sealane", "prod", "a", "prod.example.com", "eu-west_1", "10.a", String(repeating: "a", count: 63)])
    func names(name: String) throws {
        #expect(try TrustDomain(fleet: name).description == name)
    }

    @Test(
        "a fleet name that a certificate cannot contain is refused with the required form",
        arguments: [
            ("Prod", "\"prod\" on all hosts"), ("", "labels of a-z"), ("a..b", "labels of a-z"),
            ("a.", "labels of a-z"),
            (".a", "labels of a-z"), ("-a", "labels of a-z"), ("a-", "labels of a-z"), ("a-.b", "labels of a-z"),
            ("a b", "labels of a-z"), ("prod/x", "labels of a-z"), ("prod:1", "labels of a-z"),
            ("prö", "labels of a-z"),
            (String(repeating: "a", count: 64), "labels of a-z"), ("10.0.0.1", "a last label with a letter"),
            ("prod.7", "a last label with a letter"), ("7", "a last label with a letter"),
            ("Pr\u{1b}[31m", "labels of a-z"),
        ])
    func refusals(name: String, required: String) {
        #expect(problem { try TrustDomain(fleet: name) }?.contains(required) == true)
    }
}

@Suite("Instance URIs")
struct InstanceURITests {
    @Test("facts become the documented URI, and the URI gives the facts as proven by a certificate")
    func roundTrip() throws {
        let uri = try InstanceURI(trustDomain: Sample.fleet, facts: Sample.facts())
        #expect(uri.description == Sample.uri)
        let parsed = try InstanceURI(Sample.uri)
        #expect(parsed == uri)
        var expected = try Sample.provenFacts()
        expected.addresses = nil
        #expect(parsed.facts == expected)
    }

    @Test("an unknown or empty fact has no pair")
    func unknownFacts() throws {
        let facts = try Sample.facts {
            $0[.zone] = nil
            $0[.subnet] = Fact("", .stated)
            $0[.account] = nil
        }
        let uri = try InstanceURI(trustDomain: Sample.fleet, facts: facts)
        #expect(uri.description == "spiffe://prod/region/us-east-1/vpc/vpc-0a/type/c5n.large/instance/i-0a")
        #expect(try InstanceURI(uri.description) == uri)
        #expect(uri.facts[.zone] == nil)
        #expect(problem { try InstanceURI(trustDomain: Sample.fleet, facts: Facts()) }?.contains("no fact") == true)
    }

    @Test("every set of known facts survives the round trip")
    func everySet() throws {
        for set in 1..<(1 << FactName.allCases.count) {
            let facts = try Sample.facts { facts in
                for (bit, name) in FactName.allCases.enumerated() where set & (1 << bit) == 0 { facts[name] = nil }
            }
            let uri = try InstanceURI(trustDomain: Sample.fleet, facts: facts)
            let parsed = try InstanceURI(uri.description)
            for name in FactName.allCases { #expect(parsed[name] == facts[name]?.value) }
        }
    }

    @Test(
        "a value of letters, digits, dots, hyphens and underscores passes, to 64 bytes; anything else is refused",
        arguments: [
            ("i-0a", true), ("A.b_c-D9", true), ("...", true), (String(repeating: "v", count: 64), true),
            (String(repeating: "v", count: 65), false), ("a b", false), ("a/b", false), ("a%20b", false), (".", false),
            ("..", false), ("a:b", false), ("é", false), ("a\u{7}", false), ("a\n", false),
        ])
    func values(value: String, passes: Bool) throws {
        let facts = Facts([.instanceID: Fact(value, .stated)])
        let made = problem { try InstanceURI(trustDomain: Sample.fleet, facts: facts) }
        let parsed = problem { try InstanceURI("spiffe://prod/instance/\(value)") }
        #expect((made == nil) == passes)
        #expect((parsed == nil) == passes)
        if !passes { #expect(made?.unicodeScalars.contains { $0.properties.generalCategory == .control } == false) }
    }

    @Test(
        "any other spelling of a URI is refused",
        arguments: [
            "", "spiffe://", "spiffe://prod", "spiffe://prod/", "spiffe:///instance/i-0a",
            "SPIFFE://prod/instance/i-0a",
            "https://prod/instance/i-0a", "spiffe://Prod/instance/i-0a", "spiffe://prod:80/instance/i-0a",
            "spiffe://user@prod/instance/i-0a", "spiffe://prod/instance/i-0a/", "spiffe://prod/instance/i-0a?x",
            "spiffe://prod/instance/i-0a#x", "spiffe://prod//instance/i-0a", "spiffe://prod/instance",
            "spiffe://prod/instance/", "spiffe://prod/Instance/i-0a", "spiffe://prod/id/i-0a",
            "spiffe://prod/instance/i-0a/instance/i-0a", "spiffe://prod/instance/i-0a/region/us-east-1",
            "spiffe://prod/region/a/region/b", "spiffe://prod/colour/blue", " spiffe://prod/instance/i-0a",
            "spiffe://prod/instance/i-0a\u{0}", "spiffe://prod/./instance/i-0a", "spiffe://10.0.0.1/instance/i-0a",
        ])
    func spellings(text: String) {
        #expect(throws: IdentityProblem.self) { try InstanceURI(text) }
    }
}
