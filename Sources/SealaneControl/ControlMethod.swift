/// An HTTP method of the control API. Raw values are as in a request line.
package enum ControlMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
}
