// Keeps what a reader has used for times without a connection. Addresses that name a version are
// kept for good; everything else comes from the site whenever it can be reached, so no page is ever
// out of date.

/** @type {any} */
const worker = self;
