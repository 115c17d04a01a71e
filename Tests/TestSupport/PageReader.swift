import Foundation
import FoundationXML

/// The elements of a page and its text, if it is well-formed.
package final class PageReader: NSObject, XMLParserDelegate {
    /// How many there are of each.
    package private(set) var elements: [String: Int] = [:]
    package private(set) var text = ""

    package init(_ page: String) throws {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        guard parser.parse() else {
            throw Failure("line \(parser.lineNumber): \(String(describing: parser.parserError))")
        }
    }

    package func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[element, default: 0] += 1
    }

    package func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
