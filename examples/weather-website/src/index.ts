export { startWeatherWebsite, type WeatherWebsite, type WeatherWebsiteOptions } from './weather-website.ts'
