import FoundationEssentials
import SealaneLinux

/// Why a snapshot could not be read or written.
package struct TopologyFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        case system(SystemError)
        /// The file is not a snapshot of this version: the problem and its place. Lines and columns count from 1.
        case unreadable(String, line: Int?, column: Int?)
        case unwritable(String)
        /// The snapshot to be written contradicts itself.
        case contradictory(String)
    }

    package let path: String
    package let problem: Problem

    package var description: String {
        switch problem {
        case .system(let error) where error.meansNoSuchFile:
            "topology \(path): the file does not exist; create it with sealane topology pull, or by hand like Examples/topology"
        case .system(let error): "topology \(path): \(error)"
        case .unreadable(let what, let line?, let column?): "topology \(path):\(line):\(column): \(what)"
        case .unreadable(let what, _, _): "topology \(path): \(what)"
        case .contradictory(let what):
            "topology \(path) was not changed: \(what). The networks may have changed during the queries: try again"
        case .unwritable(let what): "topology \(path): the snapshot cannot be written as JSON: \(what)"
        }
    }
}
