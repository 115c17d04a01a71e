import Foundation
import SealaneControl

package func json(_ report: some Encodable) throws -> String {
    String(decoding: try ReportSchema.encode(report), as: UTF8.self)
}

/// Every key of `report` by its path, elements of lists as `[]`, sorted.
package func keys(_ report: some Encodable) throws -> [String] {
    let root = try JSONSerialization.jsonObject(with: Data(try ReportSchema.encode(report)))
    var paths: Set<String> = []
    func walk(_ value: Any, _ path: String) {
        if let object = value as? [String: Any] {
            for (key, value) in object { walk(value, path.isEmpty ? key : "\(path).\(key)") }
        } else if let list = value as? [Any] {
            for value in list { walk(value, path + "[]") }
        } else {
            paths.insert(path)
        }
    }
    walk(root, "")
    return paths.sorted()
}
