import SealaneIdentity
import SealaneLinux
import SealaneTunnel

/// The peers that `sealane peer add` named, as `PeerFile` keeps them.
package struct AddedPeers: PeerSource {
    package let origin = PeerOrigin.added
    private var definitions: [PeerDefinition]
    /// By the peer's name. A key that was read once stays in force, whatever happens to its file.
    private var keys: [String: PresharedKey] = [:]
    private let file: PeerFile
    /// Reads and writes files for a caller that does not wait for ever.
    private let disk: DiskThread

    /// Reads the file, but not the pre-shared keys that it names: see `readKeys`.
    package init(inStateDirectory directory: String, disk: DiskThread) throws(PeerFileError) {
        file = PeerFile(inStateDirectory: directory)
        definitions = try file.read()
        self.disk = disk
    }

    package var peers: [SourcePeer] {
        definitions.map { SourcePeer($0, presharedKey: keys[$0.name]) }
    }

    package func contains(_ name: String) -> Bool {
        definitions.contains { $0.name == name }
    }

    /// All definitions but `peer`, where the very same one is among them.
    func definitions(except peer: PeerDefinition) -> [PeerDefinition] {
        definitions.filter { $0 != peer }
    }

    // MARK: Pre-shared keys

    /// The pre-shared keys as their files hold them at one moment.
    package struct Keys: Sendable {
        fileprivate var read: [(peer: PeerDefinition, key: PresharedKey?)] = []
        package fileprivate(set) var failures: [(peer: String, error: IdentityError)] = []
    }

    /// Reads the pre-shared key of every peer. May block for as long as the file systems do.
    package func readKeys() -> Keys {
        var keys = Keys()
        for peer in definitions {
            do throws(IdentityError) {
                keys.read.append((peer, try Self.readKey(of: peer)))
            } catch {
                keys.failures.append((peer.name, error))
            }
        }
        return keys
    }

    /// Takes over `keys`, except those of peers that were changed or removed since they were read.
    mutating func adopt(_ keys: Keys) {
        let current = Dictionary(definitions.map { ($0.name, $0) }) { first, _ in first }
        for (peer, key) in keys.read where current[peer.name] == peer { self.keys[peer.name] = key }
    }

    private static func readKey(of peer: PeerDefinition) throws(IdentityError) -> PresharedKey? {
        guard let path = peer.presharedKeyFile else { return nil }
        return try PresharedKeyFile.read(path)
    }

    /// Throws as well if the file system of the key does not answer in time.
    private func readKeyInTime(of peer: PeerDefinition) throws(PeerSetError) -> PresharedKey? {
        guard let path = peer.presharedKeyFile else { return nil }
        let result: Result<PresharedKey?, IdentityError>
        do throws(SystemError) {
            result = try disk.run(path) {
                Result { () throws(IdentityError) -> PresharedKey? in try Self.readKey(of: peer) }
            }
        } catch {
            throw .keyTimedOut(peer: peer.name, error)
        }
        do throws(IdentityError) { return try result.get() } catch { throw .key(peer: peer.name, error) }
    }

    // MARK: Changes

    /// Adds `peer`; the file holds it when this returns. False: the very same peer is there already, with its key.
    mutating func add(_ peer: PeerDefinition) throws(PeerSetError) -> Bool {
        let key = try readKeyInTime(of: peer)
        let others = definitions(except: peer)
        if others.count < definitions.count, peer.presharedKeyFile == nil || keys[peer.name] != nil { return false }
        try change { (file) throws(PeerFileError) in try file.add(peer) }
        definitions = others + [peer]
        keys[peer.name] = key
        return true
    }

    /// Removes the peer of this name; the file has it no longer when this returns. False: there was none.
    mutating func remove(named name: String) throws(PeerSetError) -> Bool {
        // The file may lack a peer that is here: an earlier removal took too long to be waited for.
        let wasAdded = contains(name)
        let isRemoved = try change { (file) throws(PeerFileError) in try file.remove(named: name) }
        definitions.removeAll { $0.name == name }
        keys[name] = nil
        return isRemoved || wasAdded
    }

    /// Changes the file. Throws as well if its disk does not answer in time; the change may then still be made later.
    private func change<Value: Sendable>(
        _ body: @escaping @Sendable (PeerFile) throws(PeerFileError) -> Value
    ) throws(PeerSetError) -> Value {
        let result: Result<Value, PeerFileError>
        do throws(SystemError) {
            result = try disk.run(file.path) { [file] in
                Result { () throws(PeerFileError) -> Value in try body(file) }
            }
        } catch {
            throw .fileTimedOut(error)
        }
        do throws(PeerFileError) { return try result.get() } catch { throw .file(error) }
    }
}
