import Foundation
import FoundationXML

/// The elements of a page and its text, if it is well-formed.
public final class PageReader: NSObject, XMLParserDelegate {
    /// How many there are of each.
    public private(set) var elements: [String: Int] = [:]
    public private(set) var text = ""

    public init(_ page: String) throws {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        guard parser.parse() else {
            throw Failure("line \(parser.lineNumber): \(String(describing: parser.parserError))")
        }
    }

    public func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[element, default: 0] += 1
    }

    public func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
