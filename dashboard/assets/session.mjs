export class SessionPage {}
