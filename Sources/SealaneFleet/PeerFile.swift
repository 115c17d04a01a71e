import FoundationEssentials
import SealaneLinux

/// The peers that were added by hand, kept in one JSON file of the state directory:
/// `{"schemaVersion": 1, "peers": [...]}`, each peer a `PeerRecord`.
///
/// Every change is on the disk before it returns, and replaces the file whole: a crash leaves the peers before or after
/// it. A file that cannot be understood is never written over. Belongs to one thread (or actor) at a time.
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

    /// The peers, in the order in which they were added. No file: none.
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

    /// Adds `peer`, or puts it in the place of the one of its name.
    package func add(_ peer: PeerDefinition) throws(PeerFileError) {
        var peers = try read()
        if let index = peers.firstIndex(where: { $0.name == peer.name }) {
            peers[index] = peer
        } else {
            peers.append(peer)
        }
        try write(peers)
    }

    /// Removes the peer of this name. False: the file has none.
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

        /// Looks at the version before anything else: of another version nothing else is known.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
            guard schemaVersion == Self.version else {
                throw DecodingError.dataCorruptedError(
                    forKey: .schemaVersion, in: container,
                    debugDescription: "\(schemaVersion) is of another Sealane; this one writes \(Self.version)")
            }
            try decoder.refuseUnknownKeys(CodingKeys.self)
            peers = try container.decode([PeerRecord].self, forKey: .peers)
        }
    }
}

/// Why the peer file could not be read or changed. The file is as it was.
package struct PeerFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        case system(SystemError)
        /// It is no peer file of this version: what is wrong, and where.
        case unreadable(String)
        case unwritable(String)
    }

    package let path: String
    package let problem: Problem

    package var description: String {
        switch problem {
        case .system(let error):
            "peer file \(path): \(error)"
        case .unreadable(let what):
            "peer file \(path) is not understood: \(what). It was left as it is; mend it or move it away"
        case .unwritable(let what):
            "peer file \(path): the peers cannot be written as JSON: \(what)"
        }
    }
}
