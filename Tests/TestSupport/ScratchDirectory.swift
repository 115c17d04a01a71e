import Foundation

/// A directory of its own, removed with the value and with all that is in it.
package final class ScratchDirectory: Sendable {
    /// Short, whatever TMPDIR says: a control socket's path may have 100 bytes.
    package let root = "/tmp/sealane-\(UUID().uuidString.prefix(8))"

    package init() throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    package func path(_ name: String) -> String { root + "/" + name }

    /// What is in it, hidden files too, in order.
    package var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root).sorted()) ?? []
    }

    /// The permissions of `name`; nil if there is none.
    package func mode(of name: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path(name)))?[.posixPermissions] as? Int
    }

    /// Writes `text` to the file `name`, which then has exactly this mode, and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let path = path(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
}
