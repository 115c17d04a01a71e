import FoundationEssentials
import SealaneLinux

/// The file in the state directory that keeps the peers added by `sealane peer add`, as JSON: `{"schemaVersion": 1,
/// "peers": [...]}`, each peer a `PeerRecord`.
///
/// A change replaces the whole file and is on the disk when the call returns, so a crash leaves the peers either before
/// or after it. A file that cannot be understood is never overwritten. Belongs to one thread (or actor) at a time.
package struct PeerFile: Sendable {
    /// Ten thousand peers are about 4 MiB.
    private static var byteLimit: Int { 64 << 20 }

    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The file of an agent with this state directory.
    package init(inStateDirectory directory: String) {
        self.init(path: directory + "/peers.json")
    }

    /// The peers, in the order in which they were added; empty without a file.
    package func read() throws(PeerFileError) -> [PeerDefinition] {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try AtomicFile.readOwn(path, maximumByteCount: Self.byteLimit)
        } catch {
            throw PeerFileError(path: path, problem: .system(error))
        }
        guard let bytes else { return [] }
        let content: Content
        do {
            content = try JSONDecoder().decode(Content.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw PeerFileError(path: path, problem: .unreadable(error.sentence))
        } catch {
            throw PeerFileError(path: path, problem: .unreadable("\(error)"))
        }
        var peers: [PeerDefinition] = []
        for (index, record) in content.peers.enumerated() {
            do throws(PeerRecordError) {
                peers.append(try record.definition())
            } catch {
                let problems = error.problems.joined(separator: ", and ")
                throw PeerFileError(path: path, problem: .unreadable("peers[\(index)]: \(problems)"))
            }
        }
        return peers
    }

    /// Adds `peer`, or replaces the peer of that name.
    package func add(_ peer: PeerDefinition) throws(PeerFileError) {
        var peers = try read()
        if let index = peers.firstIndex(where: { $0.name == peer.name }) {
            peers[index] = peer
        } else {
            peers.append(peer)
        }
        try write(peers)
    }

    /// Removes the peer of this name. False: the file does not have it.
    package func remove(named name: String) throws(PeerFileError) -> Bool {
        let peers = try read()
        guard peers.contains(where: { $0.name == name }) else { return false }
        try write(peers.filter { $0.name != name })
        return true
    }

    private func write(_ peers: [PeerDefinition]) throws(PeerFileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = try [UInt8](encoder.encode(Content(peers: peers.map { PeerRecord($0) }))) + [UInt8(ascii: "\n")]
        } catch {
            throw PeerFileError(path: path, problem: .unwritable("\(error)"))
        }
        do throws(SystemError) {
            try AtomicFile.write(path, bytes, mode: 0o600)
        } catch {
            throw PeerFileError(path: path, problem: .system(error))
        }
    }

    private struct Content: Codable {
        static var version: Int { 1 }

        let schemaVersion: Int
        let peers: [PeerRecord]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case schemaVersion, peers
        }

        init(peers: [PeerRecord]) {
            schemaVersion = Self.version
            self.peers = peers
        }

        /// Checks the version first, because nothing is known about the keys of another version.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
            guard schemaVersion == Self.version else {
                throw DecodingError.dataCorruptedError(
                    forKey: .schemaVersion, in: container,
                    debugDescription:
                        "\(schemaVersion) was written by another version of Sealane; this one writes \(Self.version)")
            }
            try decoder.refuseUnknownKeys(CodingKeys.self)
            peers = try container.decode([PeerRecord].self, forKey: .peers)
        }
    }
}
