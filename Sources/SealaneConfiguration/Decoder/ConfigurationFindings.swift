import Yams

/// Collects the problems of one document and the positions of its values.
final class ConfigurationFindings {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var source: ConfigurationSource

    init(file: String) {
        source = ConfigurationSource(file: file)
    }

    func record(_ path: String, at node: Node) {
        source.positions[path] = node.position
    }

    func report(_ message: String, at node: Node) {
        problems.append(ConfigurationProblem(file: source.file, position: node.position, message: message))
    }

    /// Reports a problem with the value at `path`. The message names the line of the value at `other`, if the file has
    /// it.
    func report(_ problem: String, at path: String, against other: String, remedy: String) {
        let line = source.positions[other].map { " (line \($0.line))" } ?? ""
        problems.append(source.problem(at: path, "\(problem)\(line); \(remedy)"))
    }

    func report(_ message: String, at path: String) {
        problems.append(source.problem(at: path, message))
    }
}
