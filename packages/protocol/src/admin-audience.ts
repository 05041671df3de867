/** The audience of administrators' tokens: a name, so that it outlives every URL. */
export const adminAudience = 'urn:mintmark:admin'
