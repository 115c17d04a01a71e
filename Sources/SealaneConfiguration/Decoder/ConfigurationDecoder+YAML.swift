import SealaneFleet
import Yams

extension ConfigurationDecoder {
    static func compose(_ text: String, file: String) throws(ConfigurationError) -> Node {
        func failure(_ message: String, _ mark: Mark?) -> ConfigurationError {
            let position = mark.map { ConfigurationPosition(line: $0.line, column: $0.column) }
            return ConfigurationError(problems: [
                ConfigurationProblem(file: file, position: position, message: message)
            ])
        }
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw failure("the file is empty; expected the sections agent, instance and peers", nil)
            }
            return root
        } catch let error as ConfigurationError {
            throw error
        } catch YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _)
        {
            throw failure("not valid YAML: \(problem)\(context.map { " \($0.text)" } ?? "")", mark)
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            let keys = duplicates.map(ValueParser.quoted).joined(separator: ", ")
            throw failure("\(keys) is given more than once in one mapping; expected each key once", context.mark)
        } catch YamlError.reader(let problem, let offset, _, _) {
            throw failure("not valid YAML: \(problem)\(offset.map { " at character \($0 + 1)" } ?? "")", nil)
        } catch {
            throw failure("not valid YAML: \(error)", nil)
        }
    }
}
