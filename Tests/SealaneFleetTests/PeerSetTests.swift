import Foundation
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// Peers of the configuration and of `sealane peer add`, merged. Each test has a state directory of its own.
struct PeerSetTests {
    private let scratch: ScratchDirectory
    private let disk = DiskThread(name: "test-disk")

    init() throws {
        scratch = try ScratchDirectory()
    }

    private func definition(
        _ name: String, _ host: Int, key: UInt8? = nil, addresses: [String]? = nil, presharedKeyFile: String? = nil
    ) throws -> PeerDefinition {
        try record(
            name, endpoint: "10.0.0.\(host):7325", key: key ?? UInt8(host),
            addresses: addresses ?? ["10.78.0.\(host)/32"], presharedKeyFile: presharedKeyFile
        ).definition()
    }

    /// - Parameter added: are in the peer file already.
    private func peers(configured: [PeerDefinition], added: [PeerDefinition] = []) throws -> PeerSet {
        let file = PeerFile(inStateDirectory: scratch.root)
        for peer in added { try file.add(peer) }
        let host = PeerSet.Host(
            listen: try #require(Endpoint("10.0.0.1:7325")), addresses: [try #require(IPPrefix("10.78.0.1/24"))],
            publicKey: try #require(PublicKey(keyText(99))))
        let source = try AddedPeers(inStateDirectory: scratch.root, disk: disk)
        var peers = PeerSet(
            of: host, configured: ConfiguredPeers(configured.map { SourcePeer($0, presharedKey: nil) }), added: source)
        peers.adopt(ConfiguredPeers(configured.map { SourcePeer($0, presharedKey: nil) }), source.readKeys())
        return peers
    }

    private func error(_ body: () throws(PeerSetError) -> Void) -> String? {
        do throws(PeerSetError) {
            try body()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `the peers of both sources are in force, each with its origin`() throws {
        let peers = try peers(configured: [definition("b", 2)], added: [definition("c", 3)])
        let (members, leftOut) = peers.members()
        #expect(members.map(\.definition.name) == ["b", "c"])
        #expect(members.map(\.origin) == [.configuration, .added])
        #expect(leftOut.isEmpty)
    }

    @Test func `the configuration wins against an added peer of the same name, key or address`() throws {
        let configured = try definition("b", 2)
        for rival in try [
            definition("b", 3), definition("c", 3, key: 2), definition("c", 3, addresses: ["10.78.0.2/32"]),
        ] {
            try? FileManager.default.removeItem(atPath: scratch.path("peers.json"))
            let (members, leftOut) = try peers(configured: [configured], added: [rival]).members()
            #expect(members.map(\.definition) == [configured])
            #expect(leftOut.map(\.name) == [rival.name])
            #expect(leftOut.first?.why.contains(";") == true)
        }
    }

    @Test func `an added peer whose prefix holds the endpoint of a configured one is left out`() throws {
        let configured = try definition("b", 2)
        let rival = try definition("c", 3, addresses: ["10.0.0.0/30"])
        let (members, leftOut) = try peers(configured: [configured], added: [rival]).members()
        #expect(members.map(\.definition) == [configured])
        #expect(leftOut.map(\.name) == ["c"])
        #expect(leftOut.first?.why.contains("10.0.0.2:7325 lies inside") == true, "\(leftOut)")
    }

    @Test func `a peer that is left out still counts for prefixes and keys`() throws {
        let peers = try peers(configured: [definition("b", 2)], added: [definition("b", 3)])
        #expect(peers.prefixes == ["10.78.0.2/32", "10.78.0.3/32"])
        #expect(peers.publicKeys.count == 2)
    }

    @Test func `an added peer without its pre-shared key is left out until the key is read`() throws {
        let path = scratch.path("c.psk")
        var peers = try peers(configured: [], added: [definition("c", 3, presharedKeyFile: path)])
        #expect(peers.added.readKeys().failures.map(\.peer) == ["c"])
        #expect(peers.members().leftOut.map(\.why) == ["its pre-shared key could not be read"])

        try scratch.write(keyText(7) + "\n", to: "c.psk")
        let before = peers
        peers.adopt(ConfiguredPeers([]), peers.added.readKeys())
        let known = peers
        #expect(peers.members().members.map(\.definition.name) == ["c"])
        #expect(before.members().members.isEmpty)
        // A key that was read once stays in force, whatever happens to its file.
        try FileManager.default.removeItem(atPath: path)
        peers.adopt(ConfiguredPeers([]), peers.added.readKeys())
        #expect(peers.peersWithOtherSecret(than: known) == [])

        try scratch.write(keyText(8) + "\n", to: "c.psk")
        peers.adopt(ConfiguredPeers([]), peers.added.readKeys())
        #expect(peers.peersWithOtherSecret(than: known) == ["c"])
    }

    @Test func `what is added is in the file, and the very same peer is added once`() throws {
        var peers = try peers(configured: [definition("b", 2)])
        let c = try definition("c", 3)
        #expect(try peers.add(c))
        #expect(try !peers.add(c))
        #expect(try PeerFile(inStateDirectory: scratch.root).read() == [c])
        try peers.remove(named: "c")
        #expect(try PeerFile(inStateDirectory: scratch.root).read() == [])
        #expect(peers.members().members.map(\.definition.name) == ["b"])
    }

    @Test func `what cannot be added or removed changes nothing, and the error says why`() throws {
        var peers = try peers(configured: [definition("b", 2)])
        let taken = try definition("b", 3)
        #expect(
            error { () throws(PeerSetError) in _ = try peers.add(taken) }
                == "peer b: \"b\" is already the name of a peer; every peer needs a name of its own")
        let loopback = try record("d", endpoint: "127.0.0.9:7325", key: 9, addresses: ["10.78.0.9/32"]).definition()
        #expect(
            error { () throws(PeerSetError) in _ = try peers.add(loopback) }?
                .hasPrefix("peer d: 127.0.0.9:7325 is on the loopback") == true)
        let keyless = try definition("e", 5, presharedKeyFile: scratch.path("none.psk"))
        #expect(error { () throws(PeerSetError) in _ = try peers.add(keyless) }?.hasPrefix("peer e: ") == true)
        #expect(
            error { () throws(PeerSetError) in try peers.remove(named: "b") }
                == "peer b is named by the configuration; remove it there, then: sealane reload")
        #expect(
            error { () throws(PeerSetError) in try peers.remove(named: "nobody") } == "there is no peer \"nobody\"")
        #expect(peers.members().members.map(\.definition.name) == ["b"])
        #expect(try PeerFile(inStateDirectory: scratch.root).read() == [])
    }
}
