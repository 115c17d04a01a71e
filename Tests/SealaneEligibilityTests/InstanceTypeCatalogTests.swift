import Foundation
import SealaneEligibility
import Testing

@Suite("The instance-type catalog")
struct InstanceTypeCatalogTests {
    private func dump() throws -> [(type: String, encrypts: Bool)] {
        let url = try #require(Bundle.module.url(forResource: "Data/instance-types", withExtension: "tsv"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return try lines.map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(columns.count == 4, "\(line)")
            let encrypts: Bool? = Bool(String(columns[2]))
            return (String(columns[0]), try #require(encrypts as Bool?, "\(line)"))
        }
    }

    @Test("says of all 1,373 types of the dump what the dump says")
    func agreesWithDump() throws {
        let types = try dump()
        #expect(types.count == 1373)
        for (type, encrypts) in types {
            let support = InstanceTypeCatalog.support(of: type, policy: Policy())
            #expect(support.answer == (encrypts ? .supported : .unsupported), "\(type)")
            #expect(support.source == .catalog)
        }
    }

    @Test("holds the families of the dump, none of them mixed, and three that only AWS's newer list has")
    func familiesAreThoseOfDump() throws {
        let types = try dump()
        func families(_ encrypts: Bool) throws -> Set<String> {
            Set(try types.filter { $0.encrypts == encrypts }.map { try #require(InstanceType($0.type)).family })
        }
        let encrypting = try families(true)
        let notEncrypting = try families(false)
        #expect(encrypting.isDisjoint(with: notEncrypting))
        #expect(InstanceTypeCatalog.encrypting == encrypting.union(["dl1", "p6e-gb200", "trn2u"]))
        #expect(InstanceTypeCatalog.encrypting.count == 141)
        #expect(InstanceTypeCatalog.notEncrypting == notEncrypting)
        #expect(InstanceTypeCatalog.notEncrypting.count == 48)
    }

    @Test(
        "knows the 14 families of the EC2 guide of 2021",
        arguments: [
            "c5a", "c5ad", "c5n", "d3", "d3en", "g4ad", "g4dn", "i3en", "m5dn", "m5n", "m5zn", "p3dn", "r5dn", "r5n",
        ])
    func knowsGuideOf2021(family: String) {
        #expect(InstanceTypeCatalog.support(ofFamily: family, policy: Policy()).answer == .supported)
    }

    @Test(
        "tells families apart whose names begin alike",
        arguments: [
            ("m5", "m5n"), ("c6g", "c6gn"), ("r5b", "r5n"), ("g5g", "g5"), ("mac-m4max", "mac-m4"),
            ("mac-m4max", "mac-m4pro"), ("m5d", "m5dn"), ("i3", "i3en"), ("d2", "d3"),
        ])
    func tellsAlikeNamesApart(no: String, yes: String) {
        #expect(InstanceTypeCatalog.support(of: "\(no).metal", policy: Policy()).answer == .unsupported)
        #expect(InstanceTypeCatalog.support(of: "\(yes).metal", policy: Policy()).answer == .supported)
    }

    @Test(
        "does not guess what a text that is no type name means",
        arguments: [
            "", ".", "c5n", "c5n.", ".large", "C5N.large", "c5n.Large", " c5n.large", "c5n.large ", "c5n.large\n",
            "db.c5n.large", "c5n..large", "c5n.large.", "c5n,large", "c5\u{0301}n.large", "ｃ5n.large", "c5n.large\0",
        ])
    func doesNotGuess(text: String) {
        #expect(InstanceType(text) == nil)
        let support = InstanceTypeCatalog.support(of: text, policy: Policy(extraFamilies: ["C5N", "db", ""]))
        #expect(support.answer == .unknown)
        #expect(support.family == nil)
    }

    @Test("reads the whole token before the dot as the family")
    func readsWholeFamily() throws {
        let type = try #require(InstanceType("u7in-32tb.224xlarge"))
        #expect(type.family == "u7in-32tb")
        #expect(type.size == "224xlarge")
        #expect(type.description == "u7in-32tb.224xlarge")
        #expect(InstanceType.isFamilyName("p6e-gb200"))
        #expect(!InstanceType.isFamilyName("P6E"))
        #expect(!InstanceType.isFamilyName("c5n.large"))
        #expect(!InstanceType.isFamilyName(""))
    }

    @Test("lets the policy's denied families win over its extra families, and those over the catalog")
    func policyWins() {
        let policy = Policy(extraFamilies: ["m5", "c99x", "z1d"], deniedFamilies: ["c5n", "z1d"])
        func support(_ type: String) -> TypeSupport { InstanceTypeCatalog.support(of: type, policy: policy) }
        #expect(support("m5.large").answer == .supported)
        #expect(support("m5.large").source.description == "policy extra-families")
        #expect(support("c99x.large").answer == .supported)
        #expect(support("c99y.large").answer == .unknown)
        #expect(support("c5n.large").answer == .unsupported)
        #expect(support("c5n.large").source.description == "policy denied-families")
        #expect(support("z1d.large").source == .deniedFamilies)
        #expect(support("m5n.large").source.description == "catalog")
    }

    @Test("lists every family once, sorted, with the policy's families among them")
    func listsFamilies() {
        let plain = InstanceTypeCatalog.entries()
        #expect(plain.count == 189)
        #expect(plain.map(\.family) == plain.map(\.family).sorted())
        #expect(plain.filter(\.encryptsInTransit).count == 141)

        let entries = InstanceTypeCatalog.entries(
            policy: Policy(extraFamilies: ["c99x", "m5"], deniedFamilies: ["c5n"]))
        #expect(entries.count == 190)
        #expect(entries.first { $0.family == "m5" }?.encryptsInTransit == true)
        #expect(entries.first { $0.family == "m5" }?.source == .extraFamilies)
        #expect(entries.first { $0.family == "c5n" }?.encryptsInTransit == false)
        #expect(entries.first { $0.family == "c99x" }?.source == .extraFamilies)
        #expect(InstanceTypeCatalog.origin.contains("Apache-2.0"))
    }
}
