export { startWeatherApi, type WeatherApi, type WeatherApiOptions } from './weather-api.ts'
