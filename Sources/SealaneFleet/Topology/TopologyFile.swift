import FoundationEssentials
import SealaneLinux
import Yams

/// The file of a snapshot: JSON as `sealane topology pull` writes it, or JSON or YAML written by hand.
package struct TopologyFile: Sendable {
    /// 10,000 interfaces take about 4 MiB.
    private static var byteLimit: Int { 256 << 20 }

    package let path: String

    package init(path: String) {
        self.path = path
    }

    package func read() throws(TopologyFileError) -> TopologySnapshot {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try AtomicFile.readExisting(path, maximumByteCount: Self.byteLimit)
        } catch {
            throw TopologyFileError(path: path, problem: .system(error))
        }
        return try decode(bytes)
    }

    private func decode(_ bytes: [UInt8]) throws(TopologyFileError) -> TopologySnapshot {
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        let bytes = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(byteOrderMark.count)) : bytes
        let isJSON = bytes.first { !$0.isWhiteSpace } == UInt8(ascii: "{")
        do {
            return isJSON ? try json(bytes) : try yaml(bytes)
        } catch let error as TopologyFileError {
            throw error
        } catch let error as DecodingError {
            throw unreadable(error.sentence)
        } catch {
            throw unreadable("\(error)")
        }
    }

    /// JSON is valid YAML, but Yams takes minutes for a file that JSONDecoder reads in a second. For small files, Yams
    /// reports the line of an error, which JSONDecoder cannot.
    private func json(_ bytes: [UInt8]) throws -> TopologySnapshot {
        do {
            return try JSONDecoder().decode(TopologySnapshot.self, from: Data(bytes))
        } catch  where bytes.count <= 1 << 20 {
            return try yaml(bytes)
        }
    }

    /// Replaces the file atomically; anything other than a regular file is written in place (`OutputFile`). Throws for
    /// a snapshot that contradicts itself, because reading it would fail.
    package func write(_ snapshot: TopologySnapshot) throws(TopologyFileError) {
        if let contradiction = snapshot.contradiction {
            throw TopologyFileError(path: path, problem: .contradictory(contradiction))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = try [UInt8](encoder.encode(snapshot)) + [UInt8(ascii: "\n")]
        } catch {
            throw TopologyFileError(path: path, problem: .unwritable("\(error)"))
        }
        do throws(SystemError) {
            try OutputFile.write(path, bytes)
        } catch {
            throw TopologyFileError(path: path, problem: .system(error))
        }
    }

    private func unreadable(_ what: String, line: Int? = nil, column: Int? = nil) -> TopologyFileError {
        TopologyFileError(path: path, problem: .unreadable(what, line: line, column: column))
    }

    private func yaml(_ bytes: [UInt8]) throws -> TopologySnapshot {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw unreadable("it is not UTF-8 text; expected JSON or YAML")
        }
        let root: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw unreadable("it is empty; expected schemaVersion, takenAt, vpcs, ...")
            }
            root = node
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw unreadable("not valid JSON or YAML: \(problem)", line: mark.line, column: mark.column)
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            throw unreadable(
                "\(duplicates.map(ValueParser.quoted).joined(separator: ", ")) occurs more than once in one mapping",
                line: context.mark.line, column: context.mark.column)
        }
        do {
            return try YAMLDecoder().decode(TopologySnapshot.self, from: root)
        } catch let error as DecodingError {
            let mark = root.descendant(at: error.path).mark
            throw unreadable(error.sentence, line: mark?.line, column: mark?.column)
        }
    }
}

extension DecodingError {
    /// The path to the wrong value, or to its container.
    fileprivate var path: [any CodingKey] {
        switch self {
        case .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            context.codingPath
        @unknown default: []
        }
    }
}

extension Node {
    /// The deepest existing node on the path.
    fileprivate func descendant(at path: [any CodingKey]) -> Node {
        guard let key = path.first else { return self }
        let child =
            key.intValue.flatMap { index in sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
            ?? mapping?[Node(key.stringValue)]
        return child?.descendant(at: Array(path.dropFirst())) ?? self
    }
}

extension UInt8 {
    fileprivate var isWhiteSpace: Bool { [0x20, 0x09, 0x0a, 0x0d].contains(self) }
}
