import Foundation
import SealaneFleet
import TestSupport
import Testing

/// Each test has a state directory of its own.
struct PeerFileTests {
    private let scratch: ScratchDirectory
    private let file: PeerFile

    init() throws {
        scratch = try ScratchDirectory()
        file = PeerFile(inStateDirectory: scratch.root)
    }

    private func put(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file.path))
    }

    private var content: String? {
        FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `no file is no peers`() throws {
        #expect(try file.read() == [])
        #expect(try file.remove(named: "b") == false)
        #expect(content == nil)
    }

    @Test func `what was added is there for the next agent, in order, until it is removed`() throws {
        let b = try record("b").definition()
        let c = try record("c", endpoint: "10.0.0.3:7325", key: 2, addresses: ["fd00::3"], type: nil).definition()
        try file.add(b)
        try file.add(c)
        #expect(try PeerFile(path: file.path).read() == [b, c])
        #expect(try file.remove(named: "b"))
        #expect(try file.read() == [c])
    }

    @Test func `a peer of the same name takes the place of the old one`() throws {
        try file.add(record("b").definition())
        try file.add(record("c", key: 2).definition())
        let moved = try record("b", endpoint: "10.0.0.9:7325").definition()
        try file.add(moved)
        #expect(try file.read().map(\.name) == ["b", "c"])
        #expect(try file.read().first == moved)
    }

    @Test func `the file is for its owner alone and has the documented form`() throws {
        try file.add(record("b", presharedKeyFile: "/etc/sealane/psk").definition())
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(
            content == """
                {
                  "peers" : [
                    {
                      "addresses" : [
                        "10.78.0.2/32"
                      ],
                      "endpoint" : "10.0.0.2:7325",
                      "instance" : {
                        "region" : "us-east-1",
                        "type" : "m5n.xlarge",
                        "vpc" : "vpc-0a"
                      },
                      "name" : "b",
                      "presharedKeyFile" : "/etc/sealane/psk",
                      "publicKey" : "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
                    }
                  ],
                  "schemaVersion" : 1
                }

                """)
    }

    @Test func `what a writer that was killed left behind is neither read nor in the way`() throws {
        let b = try record("b").definition()
        try file.add(b)
        try Data("{\"schemaVersion\": 1, \"pee".utf8).write(to: URL(filePath: file.path + ".new"))
        #expect(try file.read() == [b])
        let c = try record("c", key: 2).definition()
        try file.add(c)
        #expect(try file.read() == [b, c])
    }

    @Test(arguments: [
        ("", "cannot be understood"),
        ("{\"schemaVersion\": 1, \"pee", "cannot be understood"),
        ("[]", "cannot be understood"),
        (
            "{\"schemaVersion\": 2, \"peers\": [], \"lanes\": 4}",
            "schemaVersion: 2 was written by another version of Sealane; this one writes 1"
        ),
        ("{\"peers\": []}", "schemaVersion: is missing"),
        (
            "{\"schemaVersion\": 1, \"peers\": [], \"extra\": 0}",
            "unknown key \"extra\"; expected one of: schemaVersion, peers"
        ),
        ("{\"schemaVersion\": 1, \"peers\": [{\"name\": \"b\"}]}", "peers[0].endpoint: is missing"),
        ("{\"schemaVersion\": 1, \"peers\": [{\"name\": 7}]}", "peers[0].name: has the wrong type; expected text"),
        (
            "{\"schemaVersion\": 1, \"peers\": [{\"nmae\": \"b\"}]}",
            "peers[0]: unknown key \"nmae\"; expected one of: name, endpoint, publicKey"
        ),
        (
            "{\"schemaVersion\": 1, \"peers\": [{\"name\": \"b\", \"endpoint\": \"x\", \"publicKey\": \"x\", "
                + "\"addresses\": []}]}",
            "peers[0]: endpoint: \"x\" is not an endpoint"
        ),
    ])
    func `a file that is not understood is an error that loses nothing`(_ text: String, _ expected: String) throws {
        try put(text)
        let peer = try record("b").definition()
        for attempt in [
            { _ = try self.file.read() }, { try self.file.add(peer) }, { _ = try self.file.remove(named: "b") },
        ] {
            let error = #expect(throws: PeerFileError.self) { try attempt() }
            #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
            #expect(error?.description.hasPrefix("peer file \(file.path) ") == true)
        }
        #expect(content == text)
    }

    @Test func `a directory that is not there is told as such`() throws {
        let lost = PeerFile(path: scratch.path("none/peers.json"))
        let error = #expect(throws: PeerFileError.self) { try lost.add(record("b").definition()) }
        #expect(error?.description.contains("No such file or directory (ENOENT)") == true)
    }
}
